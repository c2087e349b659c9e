import { HoldfastError } from '../errors.js';
import { ENGINE_CAPABILITY } from './engine-capability.js';
import type { CapabilityFields } from './service.js';

type Known = typeof ENGINE_CAPABILITY;

/** A capability that is a number of bytes; `null` where there is no such limit. */
export type CapabilitySize = { [Name in keyof Known]: Known[Name] extends null ? Name : never }[keyof Known];
/** A capability that is there or not. */
export type CapabilitySwitch = Exclude<keyof Known, CapabilitySize>;

/** What an operator can do, under opendal's names. What is declared works; what is not is refused with `Unsupported`. */
export type Capability = Readonly<Record<CapabilitySwitch, boolean> & Record<CapabilitySize, bigint | null>>;

/** Fills in what a service does not mention: `false`, and `null` for sizes. */
export function capabilityOf(fields: CapabilityFields): Capability {
	const all = Object.keys(ENGINE_CAPABILITY).map((name) => {
		const value = fields[name];
		if (isCapabilitySize(name)) return [name, typeof value === 'bigint' ? value : null] as const;
		return [name, value === true] as const;
	});
	return Object.freeze(Object.fromEntries<boolean | bigint | null>(all)) as Capability;
}

export function isCapabilitySwitch(name: string): name is CapabilitySwitch {
	return Object.hasOwn(ENGINE_CAPABILITY, name) && !isCapabilitySize(name);
}

export function isCapabilitySize(name: string): name is CapabilitySize {
	return ENGINE_CAPABILITY[name as keyof Known] === null;
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
