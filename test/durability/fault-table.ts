import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The table of faults in the documentation: what a test finds is compared with what stands there, and replaces it with
// HOLDFAST_UPDATE_DOCS=1.

const PAGE = fileURLToPath(new URL('../../docs/durability.md', import.meta.url));
const BEGIN = '<!-- table of faults: made by test/durability/table.test.ts -->';
const END = '<!-- end of the table of faults -->';

/** The name in the head of a column, and that of the library; see `children/libraries.mjs`. */
export const COLUMNS = [
	['Holdfast', 'holdfast'],
	['`fs.promises.writeFile`', 'fs.promises'],
	['`write-file-atomic` 7', 'write-file-atomic'],
	['opendal 0.49.2 `fs`', 'opendal'],
] as const;

/** What was found for each column of a row; it begins with one of the marks when it was put to the test. */
export type Cells = readonly string[];

export const good = (what: string): string => `✓ ${what}`;
export const bad = (what: string): string => `✗ **${what}**`;
/** The library has no such call. */
export const ABSENT = '–';

/** The table with these rows: its lines. */
export function tableOf(rows: ReadonlyMap<string, Cells>): string[] {
	const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
	const head = ['fault', ...COLUMNS.map(([title]) => title)];
	return [line(head), line(head.map(() => '---')), ...[...rows].map(([title, cells]) => line([title, ...cells]))];
}

/** The lines of the table that stands in the documentation. */
export function documentedTable(): string[] {
	const [, rest] = readFileSync(PAGE, 'utf8').split(BEGIN);
	return rest.split(END)[0].trim().split('\n');
}

/** Puts the table into the documentation. */
export function documentTable(lines: readonly string[]): void {
	const page = readFileSync(PAGE, 'utf8');
	const [before] = page.split(BEGIN);
	const [, after] = page.split(END);
	writeFileSync(PAGE, `${before}${BEGIN}\n\n${lines.join('\n')}\n\n${END}${after}`);
}
