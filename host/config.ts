import { HoldfastError, shortened } from './errors.js';
import { inspectValue } from './inspect-value.js';

// Options come from people, from URIs and from configuration files: as what they mean, or as strings, as opendal's users write
// them. Whatever is wrong is `ConfigInvalid`, and the message names the option and what is allowed.

/** Options as they were given: nothing about them is known yet. */
export type RawOptions = Readonly<Record<string, unknown>>;

/** Why an option was given: for the message. `operation` is the method, or absent for options of an operator. */
export interface OptionPlace {
	readonly operation?: string | undefined;
	readonly path?: string | undefined;
}

/** A copy of an object with options; `undefined` and `null` stand for none. What is read once cannot change afterwards. */
export function readOptions(value: unknown, place: OptionPlace = {}): RawOptions {
	if (value === undefined || value === null) return {};
	let copy: RawOptions | undefined;
	try {
		if (typeof value === 'object' && !Array.isArray(value)) copy = { ...value };
	} catch (cause) {
		// A getter or a proxy of the caller.
		throw new HoldfastError('ConfigInvalid', 'the options cannot be read: reading one of them throws', {
			...place,
			cause,
		});
	}
	if (copy !== undefined) return copy;
	throw new HoldfastError('ConfigInvalid', `options are an object, not ${show(value)}`, place);
}

/** Refuses names that are not `allowed`. A name with the value `undefined` counts as absent. */
export function refuseUnknown(options: RawOptions, allowed: readonly string[], place: OptionPlace = {}): void {
	for (const name of Object.keys(options)) {
		if (!allowed.includes(name) && options[name] !== undefined) throw unknownOption(name, allowed, place);
	}
}

/** The error for an option that does not exist. */
export function unknownOption(name: string, allowed: readonly string[], place: OptionPlace): HoldfastError {
	const message = `unknown option ${show(name)}; allowed are ${allowed.join(', ')}`;
	return new HoldfastError('ConfigInvalid', message, place);
}

/** An integer between two bounds, both included; also as a decimal string or a bigint. */
export function parseInteger(
	name: string,
	value: unknown,
	minimum: number,
	maximum: number,
	place: OptionPlace = {},
): number {
	const number = numberOf(value);
	if (Number.isSafeInteger(number) && number >= minimum && number <= maximum) return number;
	throw invalid(name, value, `an integer from ${minimum} to ${maximum}`, place);
}

/** A timer of the platform takes no more. */
export const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** A power of two between two bounds, both included. */
export function parsePowerOfTwo(
	name: string,
	value: unknown,
	minimum: number,
	maximum: number,
	place: OptionPlace = {},
): number {
	const number = numberOf(value);
	if (Number.isInteger(Math.log2(number)) && number >= minimum && number <= maximum) return number;
	throw invalid(name, value, `a power of two from ${minimum} to ${maximum}`, place);
}

/** An option that is a number: how it is read, what it is if nothing is said, and its bounds. */
export type NumberRule = readonly [parse: typeof parseInteger, preset: number, least: number, most: number];

/** Validates the options that the rules are for, and fills in those that are absent. Other names are left to others. */
export function parseNumbers<Name extends string>(
	rules: Readonly<Record<Name, NumberRule>>,
	raw: RawOptions,
): Record<Name, number> {
	const names = Object.keys(rules) as Name[];
	const numbers = names.map((name) => {
		const [parse, preset, least, most] = rules[name];
		return [name, parse(name, raw[name] ?? preset, least, most)] as const;
	});
	return Object.fromEntries(numbers) as Record<Name, number>;
}

/** A finite number that is not smaller than `minimum`; also as a string. */
export function parseNumber(name: string, value: unknown, minimum: number, place: OptionPlace = {}): number {
	const number = numberOf(value);
	if (!Number.isFinite(number) || number < minimum) {
		throw invalid(name, value, `a number not below ${minimum}`, place);
	}
	return number;
}

/** One of some words. */
export function parseChoice<Choice extends string>(
	name: string,
	value: unknown,
	choices: readonly Choice[],
	place: OptionPlace = {},
): Choice {
	const found = choices.find((choice) => choice === value);
	if (found === undefined) throw invalid(name, value, choices.map((choice) => `'${choice}'`).join(' or '), place);
	return found;
}

/** `true` or `false`, also as a word. */
export function parseBoolean(name: string, value: unknown, place: OptionPlace = {}): boolean {
	if (value === true || value === 'true') return true;
	if (value === false || value === 'false') return false;
	throw invalid(name, value, 'true or false', place);
}

/** A string that is not empty. */
export function parseString(name: string, value: unknown, place: OptionPlace = {}): string {
	if (typeof value !== 'string' || value === '') throw invalid(name, value, 'a string that is not empty', place);
	return value;
}

/** The error for an option with a value that is not allowed. */
export function invalid(name: string, value: unknown, allowed: string, place: OptionPlace = {}): HoldfastError {
	return new HoldfastError('ConfigInvalid', `option '${name}' is ${show(value)}; allowed is ${allowed}`, place);
}

/** A value in a message: short, whatever it is; a string between quotes. */
export function show(value: unknown): string {
	return shortened(inspectValue(value, SHOWN_CHARACTERS), 2 * SHOWN_CHARACTERS);
}

const SHOWN_CHARACTERS = 60;
const DECIMAL = /^[+-]?\d+(\.\d+)?$/;

/** The number that a value stands for, or NaN. Only decimal strings do: `''`, `' 1'` and `'0x10'` are mistakes, not numbers. */
function numberOf(value: unknown): number {
	if (typeof value === 'number') return value;
	if (typeof value === 'bigint') return Number(value);
	return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN;
}
