import { parseInteger } from '../config.js';
import type { ChangeOptions } from '../operator/options.js';
import { callbackRule, changeRules, parseByRules, type Rule, type Rules, textRule } from '../operator/parse-options.js';
import type { OnImportProgress } from './progress.js';

/** Options of `importTree`. */
export interface ImportOptions extends Pick<ChangeOptions, 'signal' | 'durability'> {
	/** Files that are in flight at a time, from 1 to 1,024; default 32. */
	concurrency?: number | null;
	/** A directory that is left out with all that is below it, written as the tree is: the store itself, when it lies in the tree. */
	exclude?: string | null;
	onProgress?: OnImportProgress | null;
}

export const CONCURRENCY_DEFAULT = 32;
const CONCURRENCY_MAX = 1024;

const importRules: Rules<ImportOptions> = {
	signal: changeRules.signal,
	durability: changeRules.durability,
	concurrency: { parse: (name, value, place) => parseInteger(name, value, 1, CONCURRENCY_MAX, place) },
	exclude: textRule,
	onProgress: callbackRule,
};

/** Options after parsing: the absent ones are `undefined`. */
export type ParsedImportOptions = { [Name in keyof ImportOptions]?: NonNullable<ImportOptions[Name]> };

export function parseImportOptions(given: unknown, path: string): ParsedImportOptions {
	const rules = importRules as Readonly<Record<string, Rule>>;
	return parseByRules(rules, given, { operation: 'importTree', path }) as ParsedImportOptions;
}
