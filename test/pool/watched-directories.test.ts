import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '#host/services/index';

// More than may wait, once they are watched no more, for a turn of the thread's event loop.
const DIRECTORIES = 300;
// Directories count as unchanged for long in these workers.
const internals = { seam: new URL('../seams/old.mjs', import.meta.url).href };
let base: string;
let op: Operator;

const nameOf = (index: number) => `d${index}/file`;
const at = (name: string) => join(base, 'root', name);

beforeEach(() => {
	base = fs.mkdtempSync(join(tmpdir(), 'holdfast-watched-'));
	for (let index = 0; index < DIRECTORIES; index++) {
		fs.mkdirSync(at(`d${index}`), { recursive: true });
		fs.writeFileSync(at(nameOf(index)), `content ${index}`);
	}
	fs.mkdirSync(join(base, 'outside'));
	fs.writeFileSync(join(base, 'outside/file'), 'outside');
	op = Operator.fromStore(openStore('fs', { root: join(base, 'root'), workers: 1 }, internals));
});

afterEach(async () => {
	await op.close();
	fs.rmSync(base, { recursive: true });
});

/** Every file, all at once: its content, or the code of the error. */
function readAll(): Promise<string[]> {
	const read = async (index: number) => {
		try {
			return String(await op.read(nameOf(index)));
		} catch (error) {
			return (error as { code: string }).code;
		}
	};
	return Promise.all(Array.from({ length: DIRECTORIES }, (_, index) => read(index)));
}

/** Directories that some thread of this process is told of. */
function watched(): number {
	let count = 0;
	for (const descriptor of fs.readdirSync('/proc/self/fdinfo')) {
		try {
			count += fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1').match(/^inotify /gm)?.length ?? 0;
		} catch {
			// The one that the listing itself used.
		}
	}
	return count;
}

/** All but those that a batch looks at first, which are always the same here. */
async function becomeWatched(): Promise<void> {
	await expect
		.poll(async () => {
			await readAll();
			return watched();
		})
		.toBeGreaterThan(DIRECTORIES - 20);
}

const others: Record<string, [change: (index: number) => void, content: string]> = {
	replaced: [
		(index) => {
			fs.writeFileSync(at('new'), 'replaced');
			fs.renameSync(at('new'), at(nameOf(index)));
		},
		'replaced',
	],
	'written over': [(index) => fs.writeFileSync(at(nameOf(index)), 'written over'), 'written over'],
	removed: [(index) => fs.unlinkSync(at(nameOf(index))), 'NotFound'],
	'made a symlink that leaves the root': [
		(index) => {
			fs.unlinkSync(at(nameOf(index)));
			fs.symlinkSync('../../outside/file', at(nameOf(index)));
		},
		'InvalidPath',
	],
	'moved with its directory': [(index) => fs.renameSync(at(`d${index}`), at(`moved${index}`)), 'NotFound'],
	'replaced with its directory': [
		(index) => {
			fs.renameSync(at(`d${index}`), at(`moved${index}`));
			fs.mkdirSync(at(`d${index}`));
			fs.writeFileSync(at(nameOf(index)), 'elsewhere');
		},
		'elsewhere',
	],
	'in a directory that leaves the root': [
		(index) => {
			fs.renameSync(at(`d${index}`), at(`moved${index}`));
			fs.symlinkSync('../outside', at(`d${index}`));
		},
		'InvalidPath',
	],
};

it('what another program has done to a watched directory is seen by the next read', async () => {
	const expected = Array.from({ length: DIRECTORIES }, (_, index) => `content ${index}`);
	for (const [round, [change, content]] of Object.values(others).entries()) {
		await becomeWatched();
		expect(await readAll()).toEqual(expected);
		for (let index = round; index < DIRECTORIES; index += 50) {
			change(index);
			expected[index] = content;
			expect(await readAll()).toEqual(expected);
		}
		// Those that lead out of the root, or nowhere, would never be watched again.
		for (let index = round; index < DIRECTORIES; index += 50) {
			fs.rmSync(at(`d${index}`), { recursive: true, force: true });
			fs.mkdirSync(at(`d${index}`));
			fs.writeFileSync(at(nameOf(index)), 'again');
			expected[index] = 'again';
		}
	}
});

it('what this pool has done to a watched directory is seen by the next read', async () => {
	const expected = Array.from({ length: DIRECTORIES }, (_, index) => `content ${index}`);
	await becomeWatched();
	for (let index = 0; index < DIRECTORIES; index += 10) {
		await op.write(nameOf(index), `written ${index}`, { durability: 'none' });
		expected[index] = `written ${index}`;
		if (index % 20 === 0) {
			await op.delete(nameOf(index + 1));
			expected[index + 1] = 'NotFound';
		}
		expect(await readAll()).toEqual(expected);
	}
});

it('directories that nobody asks about are watched no more, and the thread goes on', async () => {
	for (let round = 0; round < 2; round++) {
		await becomeWatched();
		// The one that the queue begins with.
		await expect.poll(watched, { timeout: 30_000 }).toBe(1);
		expect((await readAll())[round]).toBe(`content ${round}`);
	}
	expect(op.pool.heartbeats()).toHaveLength(1);
});
