import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Operator } from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { act as actUnder, callsOf, cannotAttach, failFsyncs, fsyncsOf, movesOf } from './attached.ts';
// @ts-expect-error: shared with the children, which are plain JavaScript
import { contentOf } from './children/contents.mjs';
import { Child, makePlace } from './processes.ts';
import { announceMissing, callOnce, inject, missingTools } from './tools.ts';

// The kernel's side of a commit: the process is killed at, or meets an error in, every single system call of it that changes
// something. Calls that change nothing leave nothing else behind than the one before them.

const missing = missingTools(['strace']) ?? (await cannotAttach());
announceMissing('kills and errors at every system call of a commit', missing);

const CHANGING = ['mkdir', 'link', 'rename', 'unlink', 'rmdir', 'pwrite64', 'write', 'ftruncate', 'fchmod', 'fsync'];
const OLD: Buffer = contentOf('file', 1);
const NEW: Buffer = contentOf('file', 2);

let here: ReturnType<typeof makePlace>;
beforeEach(() => {
	here = makePlace();
});
afterEach(() => here.dispose());

interface Act {
	readonly action: string;
	/** What was there before, if anything. */
	readonly before: Buffer | undefined;
	readonly after: Buffer | undefined;
	readonly path?: string;
}

const ACTS: Act[] = [
	{ action: 'replace', before: OLD, after: NEW },
	{ action: 'deep', before: undefined, after: NEW, path: 'new/directory/file' },
	{ action: 'create', before: undefined, after: NEW },
	{ action: 'condition', before: OLD, after: NEW },
	{ action: 'append', before: OLD, after: Buffer.concat([OLD, NEW]) },
	{ action: 'copy', before: OLD, after: contentOf('source', 9) },
	{ action: 'rename', before: OLD, after: contentOf('source', 9) },
	{ action: 'delete', before: OLD, after: undefined },
];

function prepare({ before }: Act): void {
	rmSync(here.root, { recursive: true });
	mkdirSync(here.root);
	if (before !== undefined) writeFileSync(join(here.root, 'file'), before);
	writeFileSync(join(here.root, 'source'), contentOf('source', 9));
}

/** Content under a name as this library reads it, which may not be what is in the file. */
async function readBack(path: string): Promise<Buffer | undefined> {
	const op = new Operator('fs', { root: here.root });
	try {
		return await op.read(path).catch((error: { code: string }) => {
			if (error.code !== 'NotFound') throw error;
			return undefined;
		});
	} finally {
		await op.close();
	}
}

const hidden = (): string[] =>
	readdirSync(here.root, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.holdfast-'));

async function expectNothingLeft(story: string): Promise<void> {
	const op = new Operator('fs', { root: here.root });
	await expect.poll(hidden, { message: story }).toEqual([]);
	await op.close();
}

const same = (found: Buffer | undefined, wanted: Buffer | undefined): boolean =>
	found === undefined || wanted === undefined ? found === wanted : found.equals(wanted);

describe.skipIf(missing !== undefined)('a process that is killed at every system call', () => {
	it.each(ACTS)('of $action leaves old or new, and nothing else', { timeout: 900_000 }, async (act) => {
		const path = act.path ?? 'file';
		let kills = 0;
		const what = { library: 'holdfast', action: act.action, root: here.root, version: 2 };
		prepare(act);
		const calls = await callsOf(what, CHANGING);
		const isAppend = act.action === 'append';
		if (!isAppend) calls.delete('write');
		const points = [...calls].flatMap(([call, most]) =>
			Array.from({ length: most }, (_, index) => ({ call, when: index + 1 })),
		);
		let announced = 0;
		for (const point of points) {
			prepare(act);
			const told = await actUnder(what, { ...point, fault: 'signal=KILL' });
			const story = `killed at ${point.call} ${point.when}`;
			// Appended bytes are written by the call that threads wake each other with, now more often and now less.
			if (point.call !== 'write') expect(told, story).toBe('killed');
			if (told !== 'killed') continue;
			kills++;
			if (hidden().some((name) => /[.]lock\/.*-[0-9a-f]{16}$/.test(name))) announced++;
			const found = await readBack(path);
			const isFine = same(found, act.before) || same(found, act.after);
			expect(isFine, `${story}: ${found?.length} bytes are neither old nor new`).toBe(true);
			await expectNothingLeft(story);
			expect(same(await readBack(path), found), `${story}: changed by opening`).toBe(true);
		}
		prepare(act);
		expect(await actUnder(what)).toBe('done');
		expect(same(await readBack(path), act.after), 'acknowledged and not there').toBe(true);
		console.log(`${act.action}: killed at ${kills} system calls`);
		expect(kills).toBeGreaterThan(1);
		// Some of them between the announcement of what is appended and its end, where the bytes are written.
		if (isAppend) expect(announced).toBeGreaterThan(1);
	});

	it('of replacements one after the other shows a reader in another process nothing torn', async () => {
		prepare(ACTS[0]);
		const reader = new Child('watch', { root: here.root });
		await reader.told('ready');
		let version = 2;
		for (const call of ['pwrite64', 'fchmod', 'fsync', 'rename', 'fsync']) {
			for (const when of [1, 2])
				callOnce('holdfast', 'replace', here.root, version++, inject(call, 'signal=KILL', String(when)));
		}
		writeFileSync(join(here.place, 'stop'), '');
		const [line] = (await reader.finished()).slice(-1);
		expect(Number(line.split(' ')[1])).toBeGreaterThan(50);
	});
});

describe.skipIf(missing !== undefined)('an error of the kernel', () => {
	const faults: [string, string, string][] = [
		['pwrite64', 'error=ENOSPC', 'StorageFull'],
		['pwrite64', 'error=EDQUOT', 'StorageFull'],
		['pwrite64', 'error=EFBIG', 'StorageFull'],
		['pwrite64', 'error=EIO', 'Unexpected'],
		['fsync', 'error=EIO', 'Unexpected'],
		['rename', 'error=EIO', 'Unexpected'],
		['rename', 'error=EROFS', 'PermissionDenied'],
	];
	it.each(faults)('in %s (%s) is told as it is, the old content stays, nothing is left', async (call, fault, code) => {
		prepare(ACTS[0]);
		const { told } = callOnce('holdfast', 'replace', here.root, 2, inject(call, fault, '1'));
		expect(told).toBe(`failed ${code}`);
		expect(readFileSync(join(here.root, 'file')).equals(OLD)).toBe(true);
		expect(readdirSync(here.root).sort()).toEqual(['file', 'source']);
	});

	it('in an fsync poisons a writer: it is never synced again, nothing of it is stored, nothing is left', () => {
		prepare(ACTS[0]);
		const trace = join(here.place, 'trace');
		const before = ['strace', '-f', '-qq', '--seccomp-bpf', '-o', trace, '-e', 'trace=fsync,fdatasync,rename'];
		const fault = ['-e', 'inject=fsync:error=EIO:when=1'];
		expect(callOnce('holdfast', 'poison', here.root, 2, [...before, ...fault]).told).toBe('failed Unexpected');
		const calls = readFileSync(trace, 'latin1')
			.split('\n')
			.filter((line) => /\b(fsync|fdatasync|rename)\(/.test(line));
		expect(calls).toHaveLength(1);
		expect(calls[0]).toContain('EIO');
		expect(readFileSync(join(here.root, 'file')).equals(OLD)).toBe(true);
		expect(readdirSync(here.root).sort()).toEqual(['file', 'source']);
	});

	it('a short write goes on where it ended', () => {
		prepare(ACTS[0]);
		// What the kernel is made to say it wrote it did not write: so the count is 0 at first, and then everything.
		const { told } = callOnce('holdfast', 'replace', here.root, 2, inject('pwrite64', 'retval=0', '1'));
		expect(told).toBe('failed StorageFull');
		expect(readFileSync(join(here.root, 'file')).equals(OLD)).toBe(true);
	});

	it('a file-size limit, which is silent, is a full disk', () => {
		prepare(ACTS[0]);
		const limit = ['sh', '-c', 'ulimit -f 1; trap "" XFSZ; exec "$@"', 'sh'];
		expect(callOnce('holdfast', 'replace', here.root, 2, limit).told).toBe('failed StorageFull');
		expect(readFileSync(join(here.root, 'file')).equals(OLD)).toBe(true);
		expect(readdirSync(here.root).sort()).toEqual(['file', 'source']);
	});

	it('a mode survives', () => {
		prepare(ACTS[0]);
		chmodSync(join(here.root, 'file'), 0o604);
		expect(callOnce('holdfast', 'replace', here.root, 2).told).toBe('done');
		expect(statSync(join(here.root, 'file')).mode & 0o7777).toBe(0o604);
	});
});

describe.skipIf(missing !== undefined)('many writes at once', () => {
	const what = () => ({ library: 'holdfast', action: 'many', root: here.root, version: 2 });

	it('have one fsync each, in whichever thread, and few for their directory', async () => {
		const all = (await fsyncsOf(what())).reduce((sum, count) => sum + count, 0);
		expect(all).toBeGreaterThan(64);
		expect(all).toBeLessThan(2 * 64);
	});

	it.each([1, 2])('fail where their fsync failed, in whichever thread (fsync %i of each)', async (when) => {
		const { told, files } = await failFsyncs(what(), when);
		expect(files).toBeGreaterThan(0);
		const [, failed] = /^failed (\d+) Unexpected$/.exec(told) ?? [];
		// A directory's fsync that failed too is one of all who waited for it.
		expect(Number(failed), told).toBeGreaterThanOrEqual(files);
		expect(hidden()).toEqual([]);
	});

	it.each(['fsync', 'ftruncate', 'close', 'rename'])(
		'leave whole files or none when the process is killed at %s',
		async (call) => {
			for (const when of [1, 2, 3]) {
				rmSync(here.root, { recursive: true });
				mkdirSync(join(here.root, 'many'), { recursive: true });
				const told = await actUnder(what(), { call, fault: 'signal=KILL', when });
				expect(['killed', 'done']).toContain(told);
				const names = readdirSync(join(here.root, 'many')).filter((name) => !name.startsWith('.holdfast-'));
				for (const name of names) expect(readFileSync(join(here.root, 'many', name)).equals(NEW), name).toBe(true);
				await expectNothingLeft(`killed at ${call} ${when}`);
			}
		},
	);
});

describe.skipIf(missing !== undefined)('a copy where there are no reflinks', () => {
	const CHUNK_BYTES = 512 * 1024;
	const SOURCE = Buffer.alloc(3 * CHUNK_BYTES + 1000, 'what is copied, ');
	const what = () => ({ library: 'holdfast', action: 'copy', root: here.root, version: 2, isWithoutReflinks: true });
	beforeEach(() => {
		writeFileSync(join(here.root, 'file'), OLD);
		writeFileSync(join(here.root, 'source'), SOURCE);
	});

	it('moves at most 512 KiB at a time, and ends in the commit of a write', async () => {
		const moves = await movesOf(what());
		// A piece may be written in several calls: what counts is that it is on its way before the next one is read.
		const pieces: [string, number][] = [];
		for (const move of moves) {
			const [call, bytes = '0'] = move.split(' ');
			if (call === 'pwrite64' && pieces.at(-1)?.[0] === call) (pieces.at(-1) as [string, number])[1] += Number(bytes);
			else pieces.push([call, Number(bytes)]);
		}
		const read = ['pread64', CHUNK_BYTES];
		const written = [CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES, 1000].map((bytes) => ['pwrite64', bytes]);
		// Behind the last piece there is nothing.
		expect(pieces).toEqual([...written.flatMap((piece) => [read, piece]), read, ['fsync', 0], ['rename', 0]]);
		expect(same(await readBack('file'), SOURCE)).toBe(true);
	});

	it('takes a write of nothing for a full disk', async () => {
		expect(await actUnder(what(), { call: 'pwrite64', fault: 'retval=0', when: 3 })).toBe('failed StorageFull');
		expect(same(await readBack('file'), OLD)).toBe(true);
		expect(hidden()).toEqual([]);
	});

	it.each([
		['pread64', 'EIO', 'Unexpected'],
		['pwrite64', 'ENOSPC', 'StorageFull'],
		['pwrite64', 'EDQUOT', 'StorageFull'],
	])(
		'that meets an error in %s (%s) in any of its pieces leaves what was there, and nothing else',
		async (call, error, code) => {
			// From then on: of a piece that was written in part the rest is tried again.
			for (const when of ['1+', '2+', '4+'] as const) {
				const told = await actUnder(what(), { call, fault: `error=${error}`, when });
				expect(told, `${call} ${when}`).toBe(`failed ${code}`);
				expect(same(await readBack('file'), OLD), `${call} ${when}`).toBe(true);
				expect(hidden(), `${call} ${when}`).toEqual([]);
			}
		},
	);

	it('that is killed at any of its pieces leaves what was there, and nothing else once the store is opened', async () => {
		for (const call of ['pread64', 'pwrite64']) {
			for (const when of [1, 2, 3, 4]) {
				expect(await actUnder(what(), { call, fault: 'signal=KILL', when }), `${call} ${when}`).toBe('killed');
				expect(same(await readBack('file'), OLD), `${call} ${when}`).toBe(true);
				await expectNothingLeft(`killed at ${call} ${when}`);
			}
		}
	});
});
