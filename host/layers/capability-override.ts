import { invalid } from '../config.js';
import type { Engine } from '../pool/request.js';
import { isCapabilitySize, isCapabilitySwitch } from '../services/capability.js';
import type { CapabilityFields } from '../services/service.js';
import { Layer } from './layer.js';

/**
 * Changes what an operator declares, and so what its methods accept. Switching something off has it refused with
 * `Unsupported`; switching on what the service cannot do does not teach it.
 *
 * @example
 * const readOnly = new CapabilityOverrideLayer('write=false, delete=false, rename=false, copy=false, create_dir=false');
 * const op = new Operator('memory').layer(readOnly.build());
 */
export class CapabilityOverrideLayer {
	readonly #overrides: CapabilityFields;

	/**
	 * `overrides` are entries `name=value` with commas between them; names in opendal's snake_case or in camelCase, values
	 * `true` (`on`, `yes`), `false` (`off`, `no`), a number of bytes, or `none`.
	 */
	constructor(overrides: string) {
		if (typeof overrides !== 'string')
			throw invalid('overrides', overrides, "a string such as 'read=true,write=false'");
		const entries = overrides.split(',').map((entry) => entry.trim());
		this.#overrides = Object.fromEntries(entries.filter((entry) => entry !== '').map(parseEntry));
	}

	/** The layer for `op.layer(...)`. */
	build(): Layer {
		return new OverridingLayer(this.#overrides);
	}
}

class OverridingLayer extends Layer {
	readonly #overrides: CapabilityFields;

	constructor(overrides: CapabilityFields) {
		super();
		this.#overrides = overrides;
	}

	override wrap(inner: Engine): Engine {
		return inner;
	}

	override changeCapability(fields: CapabilityFields): CapabilityFields {
		return { ...fields, ...this.#overrides };
	}
}

function parseEntry(entry: string): [string, boolean | bigint | null] {
	const [rawName, rawValue, ...rest] = entry.split('=').map((part) => part.trim());
	const name = rawName.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
	if (rawValue === undefined || rest.length > 0) throw invalid('overrides', entry, 'entries of the form name=value');
	if (isCapabilitySwitch(name)) return [name, parseSwitch(entry, rawValue)];
	if (isCapabilitySize(name)) return [name, parseLimit(entry, rawValue)];
	throw invalid('overrides', entry, 'names of capabilities, as capability() shows them');
}

function parseSwitch(entry: string, value: string): boolean {
	if (['true', 'on', 'yes'].includes(value)) return true;
	if (['false', 'off', 'no'].includes(value)) return false;
	throw invalid('overrides', entry, 'true or false for this capability');
}

function parseLimit(entry: string, value: string): bigint | null {
	if (['none', 'null', 'unset'].includes(value)) return null;
	if (/^\d+$/.test(value)) return BigInt(value);
	throw invalid('overrides', entry, 'a number of bytes or none for this capability');
}
