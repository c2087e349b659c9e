import {
	invalid,
	type OptionPlace,
	parseBoolean,
	parseInteger,
	readOptions,
	TIMEOUT_MAX_MS,
	unknownOption,
} from '../config.js';
import { HoldfastError } from '../errors.js';
import type { CallOptions, Conditions, EtagParts } from '../pool/request.js';
import type { Capability, CapabilitySwitch } from '../services/capability.js';
import { parseEtagOption, parseTimeOption } from './conditions.js';
import type { OperatorContext } from './context.js';
import { type Durability, parseDurability } from './durability.js';
import type {
	BlobOptions,
	ChangeOptions,
	ConditionOptions,
	CopyOptions,
	DeleteOptions,
	ListOptions,
	ReaderOptions,
	ReadOptions,
	StatOptions,
	TransferOptions,
	WriteOptions,
	WriterOptions,
} from './options.js';
import { parsePath } from './parse-path.js';
import { formatPath } from './path.js';
import type { OnProgress } from './progress.js';

/** How one option is read. Without `parse` no service can do it. */
export interface Rule {
	readonly parse?: (name: string, value: unknown, place: OptionPlace) => unknown;
	/** What the service must declare for it. */
	readonly needs?: CapabilitySwitch;
}

/** One rule for every option of a method: leaving one out does not compile. */
export type Rules<Options> = Readonly<Record<keyof Options, Rule>>;

/** Options after parsing: the absent ones are `undefined`. */
export interface ParsedOptions {
	signal?: AbortSignal;
	timeoutMs?: number;
	offset?: number;
	size?: number;
	suffix?: number;
	ifMatch?: EtagParts | '*';
	ifNoneMatch?: EtagParts | '*';
	ifModifiedSince?: bigint;
	ifUnmodifiedSince?: bigint;
	append?: boolean;
	ifNotExists?: boolean;
	durability?: Durability;
	recursive?: boolean;
	startAfter?: string;
	chunk?: number;
	concurrent?: number;
	onProgress?: OnProgress;
	type?: string;
}

const HINT_MAX = 2 ** 16;

export function integer(minimum: number, maximum: number): Rule {
	return { parse: (name, value, place) => parseInteger(name, value, minimum, maximum, place) };
}

/** What is read at a time is allocated at a time. */
export const CHUNK_MAX_BYTES = 2 ** 30;

const size: Rule = { parse: (name, value, place) => parseSize(name, value, place) };
const hint = integer(0, HINT_MAX);
const chunk: Rule = { parse: (name, value, place) => parseSize(name, value, place, CHUNK_MAX_BYTES) };
const flag: Rule = { parse: parseBoolean };
export const callbackRule = ofType('function', 'a function');
export const textRule = ofType('string', 'a string');
const never: Rule = {};

const callRules: Rules<CallOptions> = {
	signal: { parse: parseSignal },
	timeoutMs: integer(1, TIMEOUT_MAX_MS),
};

const changeRules: Rules<ChangeOptions> = { ...callRules, durability: { parse: parseDurability } };

/** Each with the capability that goes by the same name. */
const conditionRules = (kind: 'stat' | 'read' | 'write'): Rules<ConditionOptions> => ({
	ifMatch: { parse: parseEtagOption, needs: `${kind}WithIfMatch` },
	ifNoneMatch: { parse: parseEtagOption, needs: `${kind}WithIfNoneMatch` },
	ifModifiedSince: { parse: parseTimeOption, needs: `${kind}WithIfModifiedSince` },
	ifUnmodifiedSince: { parse: parseTimeOption, needs: `${kind}WithIfUnmodifiedSince` },
});

export const statRules: Rules<StatOptions> = {
	...callRules,
	...conditionRules('stat'),
	version: never,
	overrideContentType: never,
	overrideCacheControl: never,
	overrideContentDisposition: never,
};

export const readerRules: Rules<ReaderOptions> = {
	...callRules,
	...conditionRules('read'),
	chunk,
	concurrent: hint,
	prefetch: hint,
	gap: size,
	version: never,
};

export const readRules: Rules<ReadOptions> = {
	...readerRules,
	offset: size,
	size,
	suffix: size,
	onProgress: callbackRule,
	contentType: never,
	cacheControl: never,
	contentDisposition: never,
};

export const blobRules: Rules<BlobOptions> = { ...readRules, type: textRule };

export const writerRules: Rules<WriterOptions> = {
	...changeRules,
	append: { parse: parseBoolean, needs: 'writeCanAppend' },
	ifNotExists: { parse: parseBoolean, needs: 'writeWithIfNotExists' },
	...conditionRules('write'),
	chunk,
	concurrent: hint,
	contentType: never,
	contentDisposition: never,
	cacheControl: never,
	contentEncoding: never,
	userMetadata: never,
};

export const writeRules: Rules<WriteOptions> = { ...writerRules, onProgress: callbackRule };

export const transferRules: Rules<TransferOptions> = { ...changeRules, ifNotExists: flag };

export const copyRules: Rules<CopyOptions> = { ...transferRules, onProgress: callbackRule };

export const deleteRules: Rules<DeleteOptions> = { ...changeRules, recursive: flag, version: never, ifMatch: never };

export const listRules: Rules<ListOptions> = {
	...callRules,
	recursive: { parse: parseBoolean, needs: 'listWithRecursive' },
	limit: { ...integer(1, Number.MAX_SAFE_INTEGER), needs: 'listWithLimit' },
	startAfter: { parse: parseStartAfter, needs: 'listWithStartAfter' },
	versions: never,
	deleted: never,
};

export { callRules, changeRules };

const NO_OPTIONS: ParsedOptions = Object.freeze({});

/** Reads the options of a call by the rules of its method. */
export function parseOptions(
	context: OperatorContext,
	rules: Readonly<Record<string, Rule>>,
	raw: unknown,
	operation: string,
	path?: string,
): ParsedOptions {
	if (raw === undefined || raw === null) return NO_OPTIONS;
	return parseByRules(rules, raw, { operation, path }, context.capability) as ParsedOptions;
}

/** The same for whatever else takes options. Without a `capability` every option is supported. */
export function parseByRules(
	rules: Readonly<Record<string, Rule>>,
	raw: unknown,
	place: OptionPlace,
	capability?: Capability,
	/** Whether `false` says something else than leaving the option out. */
	keepsFalse = false,
): Record<string, unknown> {
	const options = readOptions(raw, place);
	const parsed: Record<string, unknown> = {};
	for (const name of Object.keys(options)) {
		const value = options[name];
		if (value === undefined || value === null) continue;
		const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
		if (rule === undefined) throw unknownOption(name, Object.keys(rules), place);
		// Not to want something is no demand, whether it is supported or not.
		if (value === false && rule.parse === undefined) continue;
		const result = rule.parse && read(rule.parse, name, value, place);
		if (result === false && !keepsFalse) continue;
		if (rule.parse === undefined || (rule.needs !== undefined && capability?.[rule.needs] === false)) {
			throw new HoldfastError('Unsupported', `option '${name}' is not supported by this service; leave it out`, place);
		}
		parsed[name] = result;
	}
	return parsed;
}

/** What the engine needs of the options; `undefined` when there is nothing of it. */
export function callOptionsOf(options: ParsedOptions): CallOptions | undefined {
	return options.signal === undefined && options.timeoutMs === undefined ? undefined : options;
}

export function conditionsOf(options: ParsedOptions): Conditions | undefined {
	const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = options;
	if ((ifMatch ?? ifNoneMatch ?? ifModifiedSince ?? ifUnmodifiedSince) === undefined) return undefined;
	return { ifMatch, ifNoneMatch, ifModifiedSinceNs: ifModifiedSince, ifUnmodifiedSinceNs: ifUnmodifiedSince };
}

/** What a value's own code throws when it is looked at says that it is not what it should be. */
function read(parse: NonNullable<Rule['parse']>, name: string, value: unknown, place: OptionPlace): unknown {
	try {
		return parse(name, value, place);
	} catch (error) {
		if (error instanceof HoldfastError) throw error;
		throw new HoldfastError('ConfigInvalid', `option '${name}' cannot be read: reading it throws`, {
			...place,
			cause: error,
		});
	}
}

/** A number of bytes. What is larger than 2^53 - 1 is refused: no file is, and a number could not express it. */
export function parseSize(name: string, value: unknown, place: OptionPlace, most = Number.MAX_SAFE_INTEGER): number {
	if (typeof value !== 'number' && typeof value !== 'bigint') {
		throw invalid(name, value, 'a number or bigint of bytes', place);
	}
	return parseInteger(name, value, 0, most, place);
}

export function parseSignal(name: string, value: unknown, place: OptionPlace): AbortSignal {
	// By its shape, because a signal may come from another realm or a polyfill.
	const signal = value as Partial<AbortSignal>;
	if (
		typeof value === 'object' &&
		typeof signal.aborted === 'boolean' &&
		typeof signal.addEventListener === 'function' &&
		typeof signal.removeEventListener === 'function'
	) {
		return value as AbortSignal;
	}
	throw invalid(name, value, 'an AbortSignal', place);
}

function ofType(type: 'function' | 'string', allowed: string): Rule {
	return {
		parse(name, value, place) {
			if (typeof value !== type) throw invalid(name, value, allowed, place);
			return value;
		},
	};
}

function parseStartAfter(name: string, value: unknown, place: OptionPlace): string {
	if (typeof value !== 'string') throw invalid(name, value, 'a path', place);
	const { path, isDirectory } = parsePath(value, place.operation ?? '');
	// The root comes before everything: after it comes all but itself.
	return formatPath(path, isDirectory);
}
