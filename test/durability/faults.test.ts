import { describe, expect, it } from 'vitest';
import {
	ERRNO_IO,
	ERRNO_MFILE,
	ERRNO_NOSPC,
	FLAG_APPEND,
	FLAG_IF_NOT_EXISTS,
	FLAG_SYNC_DIRECTORY,
	FLAG_SYNC_FILE,
	OP_COPY,
	OP_DELETE,
	OP_READ,
	OP_RENAME,
	OP_WRITE,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_FLUSH,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
} from '#assembly/layout';
import type { Request } from '#host/pool/request';
import { OWN_PREFIX } from '#host/wasi/owner';
import { InlineEngine } from '../engine/inline-engine.ts';
import { CrashFiles } from './crash-files.ts';
import { isHidden, type Stored, sweep, visibleIn } from './stored.ts';

// As SQLite tests its VFS: the first, the second, ... call of a scenario fails, once and from then on, until the scenario passes
// without having met the fault. After each the store is opened by another process and compared with what may be there.

const FULL = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY;
const LARGE = 200_000;
/** A process of this machine that has ended. */
const ENDED_PREFIX = OWN_PREFIX.replace(/-\d+-\d+-$/, '-4194304-1-');
/** They cannot fail: the engine's own clock, and the loop's sign of life. */
const SAFE = new Set(['clock_time_get', 'sched_yield', 'owner_ended']);
/** Without the answer to these a call that has done all that it promised does not fail. */
const AFTERWARDS = new Set([
	'fd_advise',
	'fd_close',
	'path_unlink_file',
	'path_remove_directory',
	'file_clone',
	'file_adopt',
	'path_link',
	'hint',
]);
const RIGHT_FD_WRITE = 1n << 6n;

/** What the engine only does so that several files share the work of one fsync is nothing that a call can fail for. */
function isHint(call: string, values: readonly unknown[]): boolean {
	// A new file is made one byte long, and a file that is there is opened for writing without a byte being written.
	if (call === 'fd_filestat_set_size') return values[1] === 1n;
	return call === 'path_open' && values[4] === 0 && ((values[5] as bigint) & RIGHT_FD_WRITE) !== 0n;
}

const text = (content: string): Partial<Request> => ({ data: Buffer.from(content) });
const large = (letter: string): string => letter.repeat(LARGE);

interface Scenario {
	readonly name: string;
	/** What comes before anything fails; answers with a handle. */
	prepare?(engine: InlineEngine): number;
	/** Answers with the statuses of its requests. */
	act(engine: InlineEngine, handle: number): number[];
	/** What each request changes when it succeeds: path to content, or to nothing. */
	readonly effects: readonly Record<string, string | undefined>[];
	/** What is allowed besides all or nothing of each effect. */
	readonly alsoAllowed?: Record<string, string>;
}

const BEFORE: Readonly<Record<string, string>> = {
	'd/file': 'old',
	'd/other': 'other',
	log: 'line 1\n',
	big: large('b'),
};

function writer(engine: InlineEngine, path: string, flags: number, pieces: readonly string[], flush = false): number {
	const opened = engine.run(OP_WRITER_OPEN, path, { flags });
	if (opened.status !== 0) return opened.status;
	const { handle } = opened;
	for (const piece of pieces) {
		for (let at = 0; at < piece.length; at += 65536) {
			const { status } = engine.run(OP_WRITER_WRITE, '', { handle, ...text(piece.slice(at, at + 65536)) });
			if (status === 0) continue;
			engine.run(OP_WRITER_ABORT, '', { handle });
			return status;
		}
		if (!flush) continue;
		const { status } = engine.run(OP_WRITER_FLUSH, '', { handle });
		if (status === 0) continue;
		// A second flush says the same, and does not ask the disk again.
		expect(engine.run(OP_WRITER_FLUSH, '', { handle }).status).toBe(status);
		engine.run(OP_WRITER_ABORT, '', { handle });
		return status;
	}
	return engine.run(OP_WRITER_CLOSE, '', { handle }).status;
}

const one = (op: number, path: string, fields: Partial<Request>) => (engine: InlineEngine) => [
	engine.run(op, path, fields).status,
];

const SCENARIOS: Scenario[] = [
	{ name: 'create', act: one(OP_WRITE, 'n/e/w', { ...text('new'), flags: FULL }), effects: [{ 'n/e/w': 'new' }] },
	{ name: 'replace', act: one(OP_WRITE, 'd/file', { ...text('new'), flags: FULL }), effects: [{ 'd/file': 'new' }] },
	{ name: 'replace without sync', act: one(OP_WRITE, 'd/file', text('new')), effects: [{ 'd/file': 'new' }] },
	{
		name: 'replace on a condition',
		act: one(OP_WRITE, 'd/file', { ...text('new'), flags: FULL, conditions: { ifMatch: '*' } }),
		effects: [{ 'd/file': 'new' }],
	},
	{
		name: 'if-not-exists',
		act: one(OP_WRITE, 'd/new', { ...text('new'), flags: FULL | FLAG_IF_NOT_EXISTS }),
		effects: [{ 'd/new': 'new' }],
	},
	{
		name: 'append',
		act: one(OP_WRITE, 'log', { ...text('line 2\n'), flags: FULL | FLAG_APPEND }),
		effects: [{ log: 'line 1\nline 2\n' }],
	},
	{
		name: 'append without sync',
		act: one(OP_WRITE, 'log', { ...text('line 2\n'), flags: FLAG_APPEND }),
		effects: [{ log: 'line 1\nline 2\n' }],
	},
	{
		name: 'append to a new file',
		act: one(OP_WRITE, 'n/log', { ...text('line 1\n'), flags: FULL | FLAG_APPEND }),
		effects: [{ 'n/log': 'line 1\n' }],
		// Its process may have died before it could take the empty file away.
		alsoAllowed: { 'n/log': '' },
	},
	{
		name: 'append by a writer, more than its buffer',
		act: (engine) => [writer(engine, 'log', FULL | FLAG_APPEND, [large('x')])],
		effects: [{ log: `line 1\n${large('x')}` }],
	},
	{
		name: 'append by a writer that is flushed',
		act: (engine) => [writer(engine, 'log', FULL | FLAG_APPEND, ['line 2\n', 'line 3\n'], true)],
		effects: [{ log: 'line 1\nline 2\nline 3\n' }],
		alsoAllowed: { log: 'line 1\nline 2\n' },
	},
	{
		name: 'replace by a writer that is flushed',
		act: (engine) => [writer(engine, 'd/file', FULL, ['one', large('x'), 'two'], true)],
		effects: [{ 'd/file': `one${large('x')}two` }],
	},
	{
		name: 'replace by a recalled writer',
		prepare(engine) {
			const { handle } = engine.run(OP_WRITER_OPEN, 'd/file', { flags: FULL });
			expect(engine.run(OP_WRITER_WRITE, '', { handle, ...text('of the writer') }).status).toBe(0);
			const conditions = { ifMatch: '*' } as const;
			expect(engine.run(OP_WRITE, 'd/file', { ...text('new'), flags: FULL, conditions }).status).toBe(0);
			return handle;
		},
		act: (engine, handle) => [engine.run(OP_WRITER_CLOSE, '', { handle }).status],
		effects: [{ 'd/file': 'of the writer' }],
		alsoAllowed: { 'd/file': 'new' },
	},
	{ name: 'copy', act: one(OP_COPY, 'big', { target: 'd/file', flags: FULL }), effects: [{ 'd/file': large('b') }] },
	{
		name: 'rename',
		act: one(OP_RENAME, 'd/other', { target: 'd/file', flags: FULL }),
		effects: [{ 'd/file': 'other', 'd/other': undefined }],
	},
	{
		name: 'rename into a new directory',
		act: one(OP_RENAME, 'd/other', { target: 'n/other', flags: FULL }),
		effects: [{ 'n/other': 'other', 'd/other': undefined }],
	},
	{ name: 'delete', act: one(OP_DELETE, 'd/file', { flags: FULL }), effects: [{ 'd/file': undefined }] },
	{
		name: 'many at once',
		act(engine) {
			const tags = [1, 2, 3, 4].map((index) =>
				engine.submit(OP_WRITE, `d/${index}`, { ...text(`new ${index}`), flags: FULL }),
			);
			tags.push(engine.submit(OP_WRITE, 'd/file', { ...text('new'), flags: FULL }));
			tags.push(engine.submit(OP_DELETE, 'd/other', { flags: FULL }));
			tags.push(engine.submit(OP_WRITE, 'log', { ...text('line 2\n'), flags: FULL | FLAG_APPEND }));
			engine.poll();
			return tags.map((tag) => engine.answer(tag)?.status ?? -1);
		},
		effects: [
			{ 'd/1': 'new 1' },
			{ 'd/2': 'new 2' },
			{ 'd/3': 'new 3' },
			{ 'd/4': 'new 4' },
			{ 'd/file': 'new' },
			{ 'd/other': undefined },
			{ log: 'line 1\nline 2\n' },
		],
	},
];

describe.each(['once', 'from then on'] as const)('the Nth call fails %s', (how) => {
	describe.each([
		['EIO', ERRNO_IO],
		['ENOSPC', ERRNO_NOSPC],
		['EMFILE', ERRNO_MFILE],
	] as const)('with %s', (_name, errno) => {
		it.each(SCENARIOS)('$name: an error or the effect, old content or new, nothing left', async (scenario) => {
			let met = true;
			let failing = 0;
			for (; met; failing++) {
				const files = new CrashFiles();
				for (const [path, content] of Object.entries(BEFORE)) put(files, path, content);
				const engine = new InlineEngine({
					store: files.asStore(),
					tempPrefix: ENDED_PREFIX,
					endOf: (entry) => Number(entry.endsWith('.torn')),
				});
				const handle = scenario.prepare?.(engine) ?? 0;
				let calls = 0;
				let failed = '';
				engine.intercept = (call, values) => {
					if (SAFE.has(call)) return undefined;
					const isHit = how === 'once' ? calls === failing : calls >= failing;
					calls++;
					if (!isHit) return undefined;
					if (failed === '') failed = isHint(call, values) ? 'hint' : call;
					return errno;
				};
				const statuses = scenario.act(engine, handle);
				engine.intercept = undefined;
				met = failed !== '';
				const story = `${scenario.name}, call ${failing} (${failed}) fails ${how}`;
				for (const status of statuses) expect([0, errno], `${story}: answered ${status}`).toContain(status);
				if (statuses.every((status) => status === 0) && met)
					expect([...AFTERWARDS], `${story} unnoticed`).toContain(failed);
				check(visibleIn(files.remains()), scenario, statuses, story);
				expect(files.openCount, `${story}: open descriptors`).toBeLessThanOrEqual(
					how === 'once' && failed !== 'fd_close' ? 0 : 20,
				);
				// Where a single call failed, whatever it was, nothing may be left that needs another process to clear it away: except
				// what that very call would have taken away.
				const left = [...files.remains().tree.keys()].filter(isHidden);
				if (how === 'once' && !['path_unlink_file', 'path_remove_directory', 'fd_filestat_set_size'].includes(failed)) {
					expect(left, `${story}: left behind`).toEqual([]);
				}
				const heir = new InlineEngine({ store: files.asStore() });
				await sweep(heir);
				expect([...files.remains().tree.keys()].filter(isHidden), `${story}: left for good`).toEqual([]);
				check(visibleIn(files.remains()), scenario, statuses, `${story}, opened again`);
				for (const path of ['log', 'd/file']) {
					const before = heir.run(OP_READ, path).bytes.toString();
					expect(heir.run(OP_WRITE, path, { ...text('more'), flags: FULL | FLAG_APPEND }).status, story).toBe(0);
					expect(heir.run(OP_READ, path).bytes.toString() === `${before}more`, `${story}, appended to`).toBe(true);
				}
			}
			expect(failing, 'calls of the scenario').toBeGreaterThan(3);
		});
	});
});

/** All of an effect or nothing of it; all of it when its request succeeded. */
function check(
	found: Stored,
	{ effects, alsoAllowed = {} }: Scenario,
	statuses: readonly number[],
	story: string,
): void {
	const expected = new Map<string, (string | undefined)[]>(
		Object.entries(BEFORE).map(([path, content]) => [path, [content]]),
	);
	for (const [index, effect] of effects.entries()) {
		const changes = Object.entries(effect);
		const isDone = changes.every(([path, content]) => found.get(path) === content);
		const isUndone = changes.every(([path]) => found.get(path) === BEFORE[path]);
		// A move may have both names for a while, never none.
		const isBetween = changes.length === 2 && found.get(changes[0][0]) === changes[0][1];
		if (statuses[index] === 0) expect(isDone, `${story}: acknowledged and not there: ${shown(found)}`).toBe(true);
		for (const [path, content] of changes)
			expected.set(path, isDone ? [content] : [BEFORE[path], content, alsoAllowed[path]]);
		const isAllowed =
			isDone || isUndone || isBetween || changes.every(([path]) => found.get(path) === alsoAllowed[path]);
		expect(isAllowed, `${story}: half an effect: ${shown(found)}`).toBe(true);
	}
	for (const [path, content] of found) {
		expect(expected.get(path)?.includes(content) ?? false, `${story}: ${path} is ${content.slice(0, 40)}`).toBe(true);
	}
	for (const [path, contents] of expected) {
		if (!found.has(path)) expect(contents.includes(undefined), `${story}: ${path} is gone`).toBe(true);
	}
}

function shown(stored: Stored): string {
	return JSON.stringify([...stored].map(([path, content]) => [path, content.slice(0, 40), content.length]));
}

function put(files: CrashFiles, path: string, content: string): void {
	const slash = path.indexOf('/');
	if (slash > 0) files.createDirectory(files.root, path.slice(0, slash));
	const fd = files.open(files.root, path, 1, 1);
	files.write(fd, Buffer.from(content), 0);
	files.close(fd);
}
