import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
// @ts-expect-error: plain JavaScript, because child processes run it as it is.
import { attacks } from './attacks.mjs';

// Attacks on one directory, given to a program in five ways. Ours must hold all of them; what the others do stands beside it in
// `docs/confinement.md`, which `HOLDFAST_WRITE_ATTACKS=1` writes anew. The ordinary run tries ours and `fs.promises`, so that an attack
// that nobody loses is noticed; `HOLDFAST_ATTACKS=all` tries all five.

const OWN = ['holdfast', 'holdfast within'];
const OTHERS = ['node:wasi', 'fs.promises', 'opendal'];
const COLUMNS = [
	'attack',
	"Holdfast, `'refuse'`",
	"Holdfast, `'within'`",
	'`node:wasi`',
	'`fs.promises`, `path.join`',
	'opendal 0.49.2',
];
const IS_WRITTEN = process.env.HOLDFAST_WRITE_ATTACKS === '1';
const IS_COMPLETE = IS_WRITTEN || process.env.HOLDFAST_ATTACKS === 'all';
const PAGE = new URL('../../docs/confinement.md', import.meta.url);
const BEGIN = '<!-- attacks: written by test/confinement/attacks.test.ts -->';
const END = '<!-- end of attacks -->';
/** What may block for ever is given so long: ours is not to be blamed for a busy machine. Everything else ends by itself. */
const BLOCKED_MS = { own: 90_000, others: 2000 };

interface Attack {
	readonly name: string;
	readonly mayBlock?: boolean;
}

interface Line {
	readonly index: number;
	/** How it got out; '' when it was held, absent before it was tried. */
	readonly got?: string;
}

/** Runs every attack on a contestant, in a process of its own that is killed when it hangs. */
async function attackAll(kind: string): Promise<string[]> {
	const base = mkdtempSync(join(tmpdir(), 'holdfast-attacks-'));
	const got: string[] = [];
	try {
		while (got.length < attacks.length) {
			const before = got.length;
			await attackFrom(kind, base, got);
			if (got.length === before) throw new Error(`the attacks on ${kind} ended at '${attacks[before].name}'`);
		}
		return got;
	} finally {
		rmSync(base, { recursive: true, force: true });
	}
}

async function attackFrom(kind: string, base: string, got: string[]): Promise<void> {
	const script = join(import.meta.dirname, 'attack-child.mjs');
	const child = spawn(process.execPath, ['--no-warnings', script, kind, base, String(got.length)], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const ended = once(child, 'exit');
	let timer: NodeJS.Timeout | undefined;
	for await (const text of createInterface(child.stdout)) {
		const line = JSON.parse(text) as Line;
		clearTimeout(timer);
		if (line.got !== undefined) {
			got.push(line.got);
		} else if ((attacks[line.index] as Attack).mayBlock) {
			timer = setTimeout(
				() => {
					got.push('blocked');
					child.kill('SIGKILL');
				},
				BLOCKED_MS[OWN.includes(kind) ? 'own' : 'others'],
			);
		}
	}
	clearTimeout(timer);
	await ended;
}

function shown(got: string): string {
	if (got === '') return 'held';
	return got === 'blocked' || got === 'not there' ? got : `**escaped** (${got})`;
}

test('no attack leaves the root', async () => {
	const kinds = [...OWN, ...(IS_COMPLETE ? OTHERS : ['fs.promises'])];
	const found = await Promise.all(kinds.map(attackAll));
	const rows = (attacks as Attack[]).map(({ name }, index) => [name, ...found.map((got) => shown(got[index]))]);
	const total = (column: number) => rows.filter((row) => row[column].startsWith('**escaped**')).length;
	const totals = ['**escapes**', ...kinds.map((_, index) => `**${total(index + 1)}**`)];
	const columns = IS_COMPLETE ? COLUMNS : COLUMNS.filter((_, index) => index <= OWN.length || index === 4);
	const lines = [columns, columns.map(() => '---'), ...rows, totals].map((row) => `| ${row.join(' | ')} |`);
	console.log(lines.join('\n'));

	for (const index of OWN.keys()) {
		const lost = rows.filter((row) => !['held', 'not there'].includes(row[index + 1]));
		expect(
			lost.map(([name]) => name),
			OWN[index],
		).toEqual([]);
	}
	expect(rows.length).toBeGreaterThanOrEqual(60);
	expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
	// Attacks that nobody loses would prove nothing.
	expect(total(kinds.indexOf('fs.promises') + 1)).toBeGreaterThan(40);

	const page = readFileSync(PAGE, 'utf8');
	const [head, rest] = page.split(BEGIN);
	const [table, tail] = rest.split(END);
	if (IS_WRITTEN) {
		writeFileSync(PAGE, `${head}${BEGIN}\n\n${lines.join('\n')}\n\n${END}${tail}`);
		return;
	}
	// The others may do better in another version of Node; ours, and the attacks, are what the page says.
	const own = (text: string) =>
		text
			.split(' | ')
			.slice(0, OWN.length + 1)
			.join(' | ');
	expect(table.trim().split('\n').map(own)).toEqual(lines.map(own));
}, 600_000);
