import { type ChildProcess, spawn } from 'node:child_process';
import {
	appendFileSync,
	chmodSync,
	chownSync,
	existsSync,
	linkSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockName, OWN_PREFIX, startTime } from '#host/wasi/owner';
import { makePlace } from './processes.ts';

const NONCE = '00112233445566778899aabbccddeeff';
const [, BOOT, NAMESPACE] = /^\.holdfast-([0-9a-z]+)-(\d+)-/.exec(OWN_PREFIX) ?? [];
/** No process has this number: it is above what the kernel gives. */
const ENDED = `.holdfast-${BOOT}-${NAMESPACE}-4194304-77-`;
const REBOOTED = '.holdfast-0dead000-1-1-1-';
const FOREIGN = `.holdfast-${BOOT}-1-1-1-`;
const HOURS_AGO = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

let here: ReturnType<typeof makePlace>;
let neighbour: ChildProcess;
let living: string;
beforeEach(() => {
	here = makePlace();
	neighbour = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
	living = `.holdfast-${BOOT}-${NAMESPACE}-${neighbour.pid}-${startTime(neighbour.pid ?? 0)}-`;
});
afterEach(() => {
	neighbour.kill('SIGKILL');
	here.dispose();
});

const at = (path: string): string => join(here.root, path);
const names = (): string[] => readdirSync(here.root, { recursive: true, encoding: 'utf8' }).sort();

/** A lock of a name, held by whoever the entry names. */
function lock(path: string, entry: string, isLink = true): string {
	const slash = path.lastIndexOf('/') + 1;
	const directory = `${path.slice(0, slash)}${lockName(path.slice(slash))}`;
	mkdirSync(at(directory));
	if (isLink) linkSync(at(path), at(`${directory}/${entry}`));
	else writeFileSync(at(`${directory}/${entry}`), '');
	return directory;
}

const sizeIn = (size: number): string => size.toString(16).padStart(16, '0');
const softSizeIn = (size: number): string => (BigInt(size) | (1n << 63n)).toString(16);

async function opened<T>(work: (op: Operator) => Promise<T>): Promise<T> {
	const op = new Operator('fs', { root: here.root });
	try {
		return await work(op);
	} finally {
		await op.close();
	}
}

describe('opening a store', () => {
	it('removes temporary files and locks of dead processes, and nobody else’s', async () => {
		mkdirSync(at('a/b'), { recursive: true });
		const mine = ['a/file', 'a/.holdfast-notes', '.holdfast-notes.tmp', 'a/b/.hidden'];
		for (const path of mine) writeFileSync(at(path), path);
		for (const path of ['', 'a/', 'a/b/']) {
			writeFileSync(at(`${path}${ENDED}${NONCE}.tmp`), 'half');
			writeFileSync(at(`${path}${REBOOTED}${NONCE}.tmp`), 'half');
			mkdirSync(at(`${path}${ENDED}${NONCE}.lock`));
			writeFileSync(at(`${path}${ENDED}${NONCE}.lock/${ENDED}${NONCE}`), '');
			writeFileSync(at(`${path}${living}${NONCE}.tmp`), 'half');
			writeFileSync(at(`${path}${FOREIGN}${NONCE}.tmp`), 'half');
			writeFileSync(at(`${path}${FOREIGN.replace('-1-1-1-', '-1-2-1-')}${NONCE}.tmp`), 'half');
			utimesSync(at(`${path}${FOREIGN.replace('-1-1-1-', '-1-2-1-')}${NONCE}.tmp`), HOURS_AGO(25), HOURS_AGO(25));
			utimesSync(at(`${path}${FOREIGN}${NONCE}.tmp`), HOURS_AGO(23), HOURS_AGO(23));
		}
		await opened(async () => {
			const left = mine.concat(
				['a', 'a/b'],
				['', 'a/', 'a/b/'].flatMap((path) => [`${path}${living}${NONCE}.tmp`, `${path}${FOREIGN}${NONCE}.tmp`]),
			);
			await expect.poll(names).toEqual(left.sort());
		});
	});

	it('does so too while another one of the same root has just been closed', async () => {
		for (let turn = 0; turn < 12; turn++) {
			writeFileSync(at(`${ENDED}${NONCE}.tmp`), '');
			await opened(async (op) => {
				await op.exists('x');
				await new Promise((resolve) => setTimeout(resolve, turn));
			});
			await opened(async () => {
				// A sweep that took long on a busy machine is followed by a rest that is ten times as long.
				await expect.poll(names, { message: `turn ${turn}` }).toEqual([]);
			});
		}
	}, 1_200_000);

	it('cuts off what a dead process had begun to append, and keeps what a living one is appending', async () => {
		for (const path of ['dead', 'alive', 'rebooted', 'soft', 'foreign']) writeFileSync(at(path), 'whole, half');
		lock('dead', `${ENDED}${NONCE}-${sizeIn(7)}`);
		const kept = lock('alive', `${living}${NONCE}-${sizeIn(7)}`);
		lock('rebooted', `${REBOOTED}${NONCE}-${sizeIn(7)}`);
		// Not durable, and the machine was started anew: the lock may have come back after the append was through.
		lock('soft', `${REBOOTED}${NONCE}-${softSizeIn(7)}`);
		const old = lock('foreign', `${FOREIGN}${NONCE}-${sizeIn(7)}`);
		utimesSync(at(old), HOURS_AGO(25), HOURS_AGO(25));
		await opened(async (op) => {
			// A reader sees it as if that had happened already.
			expect((await op.read('dead')).toString()).toBe('whole, ');
			expect((await op.read('alive')).toString()).toBe('whole, ');
			expect(Number((await op.stat('alive')).contentLength)).toBe(7);
			expect((await op.read('soft')).toString()).toBe('whole, half');
			await expect
				.poll(() => names().filter((name) => name.includes('.holdfast-')))
				.toEqual([kept, `${kept}/${living}${NONCE}-${sizeIn(7)}`].sort());
		});
		const found = Object.fromEntries(
			['dead', 'alive', 'rebooted', 'soft', 'foreign'].map((path) => [path, readFileSync(at(path), 'utf8')]),
		);
		expect(found).toEqual({
			dead: 'whole, ',
			alive: 'whole, half',
			rebooted: 'whole, ',
			soft: 'whole, half',
			foreign: 'whole, ',
		});
	});
});

describe('the lock of a name', () => {
	it('of a dead process is taken over by the next append, which cuts off what that had begun', async () => {
		await opened(async (op) => {
			await op.write('log', 'whole, ');
			appendFileSync(at('log'), 'half');
			lock('log', `${ENDED}${NONCE}-${sizeIn(7)}`);
			await op.write('log', 'more', { append: true });
			expect((await op.read('log')).toString()).toBe('whole, more');
			expect(names()).toEqual(['log']);
		});
	});

	it('keeps others waiting until its owner is dead, and reads go on meanwhile', async () => {
		await opened(async (op) => {
			await op.write('log', 'whole, ');
			await op.write('other', 'other');
			lock('log', `${living}${NONCE}`);
			let isOver = false;
			const append = op.write('log', 'more', { append: true }).then(() => {
				isOver = true;
			});
			const conditional = op
				.write('log', 'new', { ifMatch: (await op.stat('log')).etag ?? '' })
				.catch((error: { code: string }) => expect(error.code).toBe('ConditionNotMatch'));
			const plain = op.write('log', 'plain');
			for (let turn = 0; turn < 20; turn++) {
				expect((await op.read('log')).toString()).toBe('whole, ');
				expect((await op.read('other')).toString()).toBe('other');
			}
			// Somebody else's name is nobody's business.
			await op.write('other', 'replaced');
			expect(isOver).toBe(false);
			neighbour.kill('SIGKILL');
			await append;
			await plain;
			await conditional;
			expect(['plain', 'new', 'plainmore', 'newmore', 'whole, more']).toContain((await op.read('log')).toString());
			expect(names()).toEqual(['log', 'other']);
		});
	});

	it('that the store may not link is an empty file, and works', async () => {
		await opened(async (op) => {
			await op.write('log', 'whole, ');
			lock('log', `${ENDED}${NONCE}`, false);
			await op.write('log', 'more', { append: true });
			expect((await op.read('log')).toString()).toBe('whole, more');
		});
	});

	it('is not seen in a listing, and goes with its directory once its owner is dead', async () => {
		await opened(async (op) => {
			await op.write('d/log', 'x');
			const held = lock('d/log', `${living}${NONCE}`);
			mkdirSync(at(`d/${ENDED}${NONCE}.lock`));
			writeFileSync(at(`d/${ENDED}${NONCE}.lock/${ENDED}${NONCE}`), '');
			expect((await op.list('d/')).map((entry) => entry.path())).toEqual(['d/', 'd/log']);
			let isOver = false;
			const deletion = op.removeAll('d/').then(() => {
				isOver = true;
			});
			// It has met the lock, and everything else is gone or still to come.
			for (let turn = 0; turn < 20; turn++) await op.exists('d/log');
			expect(isOver).toBe(false);
			expect(names()).toContain(`${held}/${living}${NONCE}`);
			neighbour.kill('SIGKILL');
			await deletion;
			expect(existsSync(at('d'))).toBe(false);
		});
	});

	it('is known by its name: directories that only look like one are deleted as they are', async () => {
		await opened(async (op) => {
			const mine = [
				'.holdfast-notes.lock',
				'.holdfast-0123456789abcde.lock',
				'.holdfast-0123456789abcdefg.lock',
				'x.lock',
			];
			for (const name of mine) {
				mkdirSync(at(`d/${name}`), { recursive: true });
				writeFileSync(at(`d/${name}/${living}${NONCE}`), '');
			}
			await op.removeAll('d/');
			expect(names()).toEqual([]);
		});
	});

	it('is announced by a second name of the file, and a file with two names of its own is read as it is', async () => {
		await opened(async (op) => {
			await op.write('one', 'content');
			linkSync(at('one'), at('two'));
			expect((await op.read('one')).toString()).toBe('content');
			expect((await op.read('two')).toString()).toBe('content');
			await op.write('one', ' and more', { append: true });
			expect((await op.read('two')).toString()).toBe('content and more');
			await op.write('one', 'new');
			expect((await op.read('two')).toString()).toBe('content and more');
			await op.delete('two');
			expect(names()).toEqual(['one']);
		});
	});
});

describe('replacing a file', () => {
	it.runIf(process.geteuid?.() === 0)(
		'keeps its mode, owner and group, with set-user-id, by write, writer and copy',
		async () => {
			await opened(async (op) => {
				await op.write('source', 'source');
				const acts = [
					() => op.write('file', 'new'),
					async () => {
						const writer = await op.writer('file');
						await writer.write('new');
						await writer.close();
					},
					() => op.copy('source', 'file'),
					async () => op.write('file', 'new', { ifMatch: (await op.stat('file')).etag ?? '' }),
				];
				for (const act of acts) {
					writeFileSync(at('file'), 'old');
					chownSync(at('file'), 1234, 2345);
					chmodSync(at('file'), 0o4751);
					await act();
					const { uid, gid, mode } = statSync(at('file'));
					expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: 1234, gid: 2345, mode: 0o4751 });
				}
			});
		},
	);

	it('gives it another time, always a later one: an etag does not come back', async () => {
		await opened(async (op) => {
			const seen = new Set<string>();
			let last = 0n;
			for (let turn = 0; turn < 300; turn++) {
				const { etag } = await op.write('file', 'same size', { durability: 'none' });
				expect(seen.has(etag ?? ''), `etag of turn ${turn} came back`).toBe(false);
				seen.add(etag ?? '');
				const { mtimeNs } = statSync(at('file'), { bigint: true });
				expect(mtimeNs > last, `turn ${turn}`).toBe(true);
				last = mtimeNs;
			}
		});
	});
});
