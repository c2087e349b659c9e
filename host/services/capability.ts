import { HoldfastError } from '../errors.js';
import type { CapabilityFields } from './service.js';

const SWITCHES = [
	'stat',
	'statWithIfMatch',
	'statWithIfNoneMatch',
	'statWithIfModifiedSince',
	'statWithIfUnmodifiedSince',
	'statWithVersion',
	'statWithOverrideContentType',
	'statWithOverrideCacheControl',
	'statWithOverrideContentDisposition',
	'read',
	'readWithVersion',
	'readWithIfMatch',
	'readWithIfNoneMatch',
	'readWithIfModifiedSince',
	'readWithIfUnmodifiedSince',
	'readWithOverrideContentType',
	'readWithOverrideCacheControl',
	'readWithOverrideContentDisposition',
	'write',
	'writeCanMulti',
	'writeCanEmpty',
	'writeCanAppend',
	'writeWithContentType',
	'writeWithContentDisposition',
	'writeWithCacheControl',
	'writeWithContentEncoding',
	'writeWithUserMetadata',
	'writeWithIfMatch',
	'writeWithIfNoneMatch',
	'writeWithIfModifiedSince',
	'writeWithIfUnmodifiedSince',
	'writeWithIfNotExists',
	'createDir',
	'delete',
	'deleteWithVersion',
	'copy',
	'rename',
	'list',
	'listWithLimit',
	'listWithStartAfter',
	'listWithRecursive',
	'listWithVersions',
	'listWithDeleted',
	'presign',
	'presignRead',
	'presignStat',
	'presignWrite',
	'presignDelete',
	'shared',
] as const;

const SIZES = ['writeMultiMaxSize', 'writeMultiMinSize', 'writeTotalMaxSize'] as const;

/** A capability that is there or not. */
export type CapabilitySwitch = (typeof SWITCHES)[number];
/** A capability that is a number of bytes; `null` where there is no such limit. */
export type CapabilitySize = (typeof SIZES)[number];

/** What an operator can do, under opendal's names. What is declared works; what is not is refused with `Unsupported`. */
export type Capability = Readonly<Record<CapabilitySwitch, boolean> & Record<CapabilitySize, bigint | null>>;

/** Fills in what a service does not mention: `false`, and `null` for sizes. */
export function capabilityOf(fields: CapabilityFields): Capability {
	const switches = SWITCHES.map((name) => [name, fields[name] === true] as const);
	const sizes = SIZES.map((name) => [name, typeof fields[name] === 'bigint' ? fields[name] : null] as const);
	return Object.freeze(Object.fromEntries<boolean | bigint | null>([...switches, ...sizes])) as Capability;
}

export function isCapabilitySwitch(name: string): name is CapabilitySwitch {
	return (SWITCHES as readonly string[]).includes(name);
}

export function isCapabilitySize(name: string): name is CapabilitySize {
	return (SIZES as readonly string[]).includes(name);
}

/** Refuses a call that the service does not offer. */
export function requireCapability(
	capability: Capability,
	name: CapabilitySwitch,
	operation: string,
	path?: string,
): void {
	if (capability[name]) return;
	throw new HoldfastError('Unsupported', `this service does not offer ${operation} (capability ${name})`, {
		operation,
		path,
	});
}
