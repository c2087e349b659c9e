import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Durability, Operator } from '../index.js';
import { UsageError } from './failure.js';
import type { Output } from './output.js';

/** The options that stand before the command and count for all of them. */
export interface GlobalOptions {
	readonly root?: string;
	readonly uri?: string;
	readonly json?: true;
	readonly debug?: true;
	readonly workers?: number;
	readonly durability?: Durability;
}

/** What every command works with. */
export interface Session {
	readonly op: Operator;
	/** The real directory that is the store; `undefined` when it was given as a URI. */
	readonly root: string | undefined;
	readonly options: GlobalOptions;
	readonly output: Output;
	/** Ctrl-C. Every call of a command carries it. */
	readonly signal: AbortSignal;
}

/** Opens the store that the options name. Only a command that stores something may make a root that is missing. */
export function openSession(options: GlobalOptions, makesRoot: boolean, output: Output, signal: AbortSignal): Session {
	const { root: given, uri, workers, durability } = options;
	if (uri !== undefined) {
		if (given !== undefined) throw new UsageError('--root and --uri exclude each other; give one of them');
		return { op: Operator.fromUri(uri, { workers, durability }), root: undefined, options, output, signal };
	}
	const root = resolve(given ?? '.');
	if (!makesRoot && !existsSync(root)) {
		throw new UsageError(`the root '${root}' does not exist; put and import make it`);
	}
	const op = new Operator('fs', { root, workers, durability });
	return { op, root: realpathSync(root), options, output, signal };
}
