import { HoldfastError } from './errors.js';
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
		if (allowed.includes(name) || options[name] === undefined) continue;
		const names = allowed.length === 0 ? 'there are none here' : `allowed are ${allowed.join(', ')}`;
		throw new HoldfastError('ConfigInvalid', `unknown option ${show(name)}; ${names}`, place);
	}
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
	if (number === undefined || !Number.isSafeInteger(number) || number < minimum || number > maximum) {
		throw invalid(name, value, `an integer from ${minimum} to ${maximum}`, place);
	}
	return number;
}

/** A power of two between two bounds, both included. */
export function parsePowerOfTwo(
	name: string,
	value: unknown,
	minimum: number,
	maximum: number,
	place: OptionPlace = {},
): number {
	const number = numberOf(value);
	const isPower = number !== undefined && number >= 1 && Number.isInteger(Math.log2(number));
	if (!isPower || number < minimum || number > maximum) {
		throw invalid(name, value, `a power of two from ${minimum} to ${maximum}`, place);
	}
	return number;
}

/** A finite number that is not smaller than `minimum`; also as a string. */
export function parseNumber(name: string, value: unknown, minimum: number, place: OptionPlace = {}): number {
	const number = numberOf(value);
	if (number === undefined || !Number.isFinite(number) || number < minimum) {
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
	const text = inspectValue(value, SHOWN_CHARACTERS);
	return text.length <= 2 * SHOWN_CHARACTERS ? text : `${text.slice(0, 2 * SHOWN_CHARACTERS)}...`;
}

const SHOWN_CHARACTERS = 60;
const DECIMAL = /^[+-]?\d+(\.\d+)?$/;

/** The number that a value stands for. Only decimal strings do: `''`, `' 1'` and `'0x10'` are mistakes, not numbers. */
function numberOf(value: unknown): number | undefined {
	if (typeof value === 'number') return value;
	if (typeof value === 'bigint') return Number(value);
	return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : undefined;
}
