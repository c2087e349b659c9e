import { describe, expect, it } from 'vitest';
import {
	ERRNO_AGAIN,
	ERRNO_CANCELED,
	ERRNO_INTR,
	ERRNO_IO,
	ERRNO_NOENT,
	ERRNO_NOSPC,
	ERRNO_NOSYS,
	ERRNO_SUCCESS,
	FLAG_APPEND,
	FLAG_DIRECTORY,
	FLAG_RECURSIVE,
	FLAG_SEQUENTIAL,
	FLAG_SYNC_DIRECTORY,
	FLAG_SYNC_FILE,
	OP_COPY,
	OP_DELETE,
	OP_LIST,
	OP_OPEN,
	OP_READ,
	OP_READ_AT,
	OP_SLEEP,
	OP_STAT,
	OP_WRITE,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
	STATUS_MALFORMED,
} from '#assembly/layout';
import { stopEngine } from '#host/ring/thread-signals';
import { InlineEngine } from './inline-engine.ts';

const count = (engine: InlineEngine, name: string) => engine.calls.filter((call) => call === name).length;

describe.each(['engine.wasm', 'engine.unshared.wasm'])('poll() of %s', (module) => {
	it('writes and reads a file', () => {
		const engine = new InlineEngine({ module });
		expect(engine.run(OP_WRITE, 'a/b/c', { data: Buffer.from('hello') }).status).toBe(ERRNO_SUCCESS);
		expect(engine.run(OP_READ, 'a/b/c').bytes.toString()).toBe('hello');
	});

	it('says when its next timer is due, and serves it then', async () => {
		const engine = new InlineEngine({ module });
		const long = engine.submit(OP_SLEEP, '', { offset: 600_000 });
		expect(engine.poll()).toBeGreaterThan(60_000);
		const short = engine.submit(OP_SLEEP, '', { offset: 5 });
		expect(engine.poll()).toBeLessThanOrEqual(600_000);
		const status = () => {
			engine.poll();
			return engine.answer(short)?.status;
		};
		await expect.poll(status).toBe(ERRNO_SUCCESS);
		expect(engine.answer(long)).toBeUndefined();
		expect(engine.poll()).toBeGreaterThan(60_000);
	});
});

describe('read path', () => {
	it('fills a window in one call and serves small sequential reads from it', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'file', { data: Buffer.alloc(60_000, 7) });
		const { fd } = engine.run(OP_OPEN, 'file');
		engine.calls.length = 0;
		for (let offset = 0; offset < 60_000; offset += 100) {
			const { bytes } = engine.run(OP_READ_AT, '', { fd, offset, length: 100, flags: FLAG_SEQUENTIAL });
			expect(bytes.length).toBe(100);
		}
		expect(count(engine, 'fd_pread')).toBe(1);
	});

	it('reads random offsets exactly as asked', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'file', { data: Buffer.alloc(60_000, 7) });
		const { fd } = engine.run(OP_OPEN, 'file');
		const asked: number[] = [];
		engine.intercept = (name, values) => {
			if (name === 'fd_pread') asked.push(engine.ring.bytes.readUInt32LE((values[1] as number) + 4));
			return undefined;
		};
		for (const offset of [500, 40_000, 3]) engine.run(OP_READ_AT, '', { fd, offset, length: 100 });
		expect(asked).toEqual([100, 100, 100]);
	});

	it('believes only the count: short reads are repeated until the range is complete', () => {
		const engine = new InlineEngine();
		const data = Buffer.from(Array.from({ length: 60_000 }, (_, index) => index & 0xff));
		engine.run(OP_WRITE, 'file', { data });
		engine.intercept = (name, values) => {
			// At most 1,000 bytes a call.
			if (name === 'fd_pread') {
				const vector = (values[1] as number) + 4;
				engine.ring.bytes.writeUInt32LE(Math.min(1000, engine.ring.bytes.readUInt32LE(vector)), vector);
			}
			return undefined;
		};
		expect(engine.run(OP_READ, 'file', { offset: 10, length: 5000 }).bytes.equals(data.subarray(10, 5010))).toBe(true);
		expect(engine.run(OP_READ, 'file').bytes.equals(data)).toBe(true);
	});

	it('a large read gives way: a small one behind it ends first', () => {
		const engine = new InlineEngine({ bufferBytes: 2 ** 20 });
		const handle = engine.run(OP_WRITER_OPEN, 'large').handle;
		for (let part = 0; part < 8; part++) engine.run(OP_WRITER_WRITE, '', { handle, data: Buffer.alloc(2 ** 20, part) });
		engine.run(OP_WRITER_CLOSE, '', { handle });
		engine.run(OP_WRITE, 'small', { data: Buffer.from('s') });
		engine.calls.length = 0;
		engine.submit(OP_READ, 'large');
		engine.submit(OP_READ, 'small');
		engine.poll();
		// Two opens before the second chunk is read.
		const opens = engine.calls.flatMap((name, index) => (name === 'path_open' ? [index] : []));
		const reads = engine.calls.flatMap((name, index) => (name === 'fd_pread' ? [index] : []));
		expect(opens[1]).toBeLessThan(reads[1] === opens[1] + 1 ? reads[2] : reads[1]);
	});
});

describe('write path', () => {
	it('gathers small writes and writes them out in one large call', () => {
		const engine = new InlineEngine();
		const { handle } = engine.run(OP_WRITER_OPEN, 'log');
		engine.calls.length = 0;
		for (let index = 0; index < 500; index++)
			engine.run(OP_WRITER_WRITE, '', { handle, data: Buffer.alloc(100, index) });
		expect(count(engine, 'fd_pwrite')).toBe(0);
		engine.run(OP_WRITER_CLOSE, '', { handle });
		expect(count(engine, 'fd_pwrite')).toBe(1);
		expect(engine.run(OP_READ, 'log').bytes.length).toBe(50_000);
	});

	it('writes large pieces from where they are, behind what was gathered', () => {
		const engine = new InlineEngine({ bufferBytes: 131_072 });
		const { handle } = engine.run(OP_WRITER_OPEN, 'log');
		const pieces = [100, 70_000, 100, 131_072, 65_536, 100].map((bytes, index) => Buffer.alloc(bytes, index + 1));
		engine.calls.length = 0;
		for (const data of pieces) engine.run(OP_WRITER_WRITE, '', { handle, data });
		// Each large one by itself, and what was gathered before the first two.
		expect(count(engine, 'fd_pwrite')).toBe(5);
		engine.run(OP_WRITER_CLOSE, '', { handle });
		expect(count(engine, 'fd_pwrite')).toBe(6);
		expect(engine.run(OP_READ, 'log').bytes.equals(Buffer.concat(pieces))).toBe(true);
	});

	it('a writer that appends gathers large pieces too, and needs no other file for them', () => {
		const engine = new InlineEngine({ bufferBytes: 131_072, buffers: 8 });
		const { handle } = engine.run(OP_WRITER_OPEN, 'log', { flags: FLAG_APPEND });
		engine.calls.length = 0;
		engine.run(OP_WRITER_WRITE, '', { handle, data: Buffer.alloc(100_000, 1) });
		expect(engine.calls.filter((name) => name !== 'sched_yield')).toEqual([]);
		engine.run(OP_WRITER_CLOSE, '', { handle });
		expect(engine.run(OP_READ, 'log').bytes.length).toBe(100_000);
	});

	it('does without a buffer when none may be kept, and all content arrives in order', () => {
		const engine = new InlineEngine({ buffers: 4 });
		const handles = Array.from({ length: 4 }, (_, index) => engine.run(OP_WRITER_OPEN, `log${index}`).handle);
		for (let round = 0; round < 50; round++) {
			for (const handle of handles) engine.run(OP_WRITER_WRITE, '', { handle, data: Buffer.from(`${round};`) });
		}
		for (const [index, handle] of handles.entries()) {
			engine.run(OP_WRITER_CLOSE, '', { handle });
			const expected = Array.from({ length: 50 }, (_, round) => `${round};`).join('');
			expect(engine.run(OP_READ, `log${index}`).bytes.toString()).toBe(expected);
		}
	});

	it('believes only the count: short writes go on, a count of nothing is a full disk', () => {
		const engine = new InlineEngine();
		let allowed = 10;
		engine.intercept = (name, values) => {
			if (name === 'fd_pwrite') {
				const vector = (values[1] as number) + 4;
				engine.ring.bytes.writeUInt32LE(Math.min(7, engine.ring.bytes.readUInt32LE(vector), allowed), vector);
				allowed -= Math.min(7, allowed);
			}
			return undefined;
		};
		allowed = 1_000_000;
		expect(engine.run(OP_WRITE, 'file', { data: Buffer.from('x'.repeat(1000)) }).status).toBe(ERRNO_SUCCESS);
		allowed = 10;
		expect(engine.run(OP_WRITE, 'file', { data: Buffer.from('y'.repeat(1000)) }).status).toBe(ERRNO_NOSPC);
		engine.intercept = undefined;
		expect(engine.run(OP_READ, 'file').bytes.toString()).toBe('x'.repeat(1000));
		expect(names(engine)).toEqual(['file']);
	});

	const order = (engine: InlineEngine) => engine.calls.filter((name) => name !== 'sched_yield').join(' ');
	const COMMIT =
		'path_open path_create_directory path_create_directory path_open path_filestat_get fd_pwrite fd_sync fd_filestat_get ' +
		'fd_close path_rename path_open fd_advise fd_sync fd_close path_settle';

	it('commits in order: temp, write, fsync, stat, close, rename, fsync of the directory, and of the names of its parents', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'a/b/c', { data: Buffer.from('x'), flags: FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY });
		expect(order(engine)).toBe(COMMIT);
	});

	it('syncs every directory up to the root where the host does not know which are on the disk', () => {
		const engine = new InlineEngine();
		engine.intercept = (name) => (name === 'path_settle' ? ERRNO_NOSYS : undefined);
		engine.run(OP_WRITE, 'a/b/c', { data: Buffer.from('x'), flags: FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY });
		expect(order(engine)).toBe(`${COMMIT} path_open fd_advise fd_sync fd_close path_settle fd_sync`);
	});

	it('syncs a directory once for all who gave it a name before', () => {
		const engine = new InlineEngine();
		for (const path of ['d/old', 'e/old']) engine.run(OP_WRITE, path, { data: Buffer.from('x') });
		const flags = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY;
		engine.calls.length = 0;
		const writes = [1, 2, 3, 4, 5].map((index) =>
			engine.submit(OP_WRITE, `d/${index}`, { data: Buffer.from('x'), flags }),
		);
		writes.push(engine.submit(OP_WRITE, 'e/1', { data: Buffer.from('x'), flags }));
		writes.push(engine.submit(OP_DELETE, 'd/old', { flags: FLAG_SYNC_DIRECTORY }));
		engine.poll();
		expect(writes.map((tag) => engine.answer(tag)?.status)).toEqual(writes.map(() => ERRNO_SUCCESS));
		// One for each file and one for each directory, and no directory's before the last of its names.
		expect(count(engine, 'fd_sync')).toBe(6 + 2);
		expect(engine.calls.lastIndexOf('path_rename')).toBeLessThan(
			engine.calls.lastIndexOf('fd_sync', engine.calls.lastIndexOf('fd_sync') - 1),
		);
		expect(engine.calls.indexOf('path_unlink_file')).toBeLessThan(
			engine.calls.lastIndexOf('fd_sync', engine.calls.lastIndexOf('fd_sync') - 1),
		);
	});

	it('renames nobody before the content of all that came together is synced', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'd/old', { data: Buffer.from('x') });
		engine.calls.length = 0;
		const flags = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY;
		const writes = [1, 2, 3, 4].map((index) =>
			engine.submit(OP_WRITE, `d/${index}`, { data: Buffer.from('x'), flags }),
		);
		engine.poll();
		expect(writes.map((tag) => engine.answer(tag)?.status)).toEqual(writes.map(() => ERRNO_SUCCESS));
		const calls = engine.calls.filter((name) => name === 'fd_sync' || name === 'path_rename');
		expect(calls).toEqual([...Array(4).fill('fd_sync'), ...Array(4).fill('path_rename'), 'fd_sync']);
	});

	it('announces the fsyncs of all others that came together, when nothing more is written, before it makes the first', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'd/old', { data: Buffer.from('x') });
		engine.calls.length = 0;
		const flags = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY;
		for (const index of [1, 2, 3, 4]) engine.submit(OP_WRITE, `d/${index}`, { data: Buffer.from('x'), flags });
		engine.poll();
		const calls = engine.calls.filter((name) => ['fd_pwrite', 'fd_advise', 'fd_sync'].includes(name));
		const times = (count: number, name: string) => Array(count).fill(name);
		expect(calls).toEqual([
			...times(4, 'fd_pwrite'),
			...times(3, 'fd_advise'),
			...times(4, 'fd_sync'),
			...['fd_advise', 'fd_sync'],
		]);
	});

	it('tells everybody who shared a failed sync of a directory, and does not try again', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'd/old', { data: Buffer.from('x') });
		engine.calls.length = 0;
		engine.intercept = (name) => (name === 'fd_sync' ? ERRNO_IO : undefined);
		const writes = [1, 2, 3].map((index) =>
			engine.submit(OP_WRITE, `d/${index}`, { data: Buffer.from('x'), flags: FLAG_SYNC_DIRECTORY }),
		);
		engine.poll();
		expect(writes.map((tag) => engine.answer(tag)?.status)).toEqual([ERRNO_IO, ERRNO_IO, ERRNO_IO]);
		expect(count(engine, 'fd_sync')).toBe(1);
	});

	// Found by the fuzzer: it left the queue when it was cancelled, was not there when its leader shared what it had reached, and waited
	// for that leader for ever; its slot never came back.
	it('a request that is cancelled while another one syncs the directory for it ends as that one does', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'd/old', { data: Buffer.from('x') });
		const paths = ['d/1', 'd/2', 'd/3'];
		const writes = paths.map((path) =>
			engine.submit(OP_WRITE, path, { data: Buffer.from('x'), flags: FLAG_SYNC_DIRECTORY }),
		);
		let renames = 0;
		engine.intercept = (name) => {
			// The last of them: the others wait for the fsync, and the first leads from the end of this turn on.
			if (name === 'path_rename' && ++renames === paths.length)
				for (let at = 0; at < 2; at++) engine.ring.cancel(at, writes[at]);
			return undefined;
		};
		engine.poll();
		expect(renames).toBe(paths.length);
		expect(writes.map((tag) => engine.answer(tag)?.status)).toEqual(writes.map(() => ERRNO_SUCCESS));
		expect(engine.ring.freeSlots).toBe(engine.ring.plan.entries);
	});

	it('a request that is cancelled while the one that syncs for it is parked ends with it', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'd/old', { data: Buffer.from('x') });
		const writes = [1, 2].map((index) =>
			engine.submit(OP_WRITE, `d/${index}`, { data: Buffer.from('x'), flags: FLAG_SYNC_DIRECTORY }),
		);
		let parked = -1;
		engine.intercept = (name) => {
			if (name !== 'fd_sync') return undefined;
			parked = engine.ring.current;
			return ERRNO_AGAIN;
		};
		engine.poll();
		expect(parked).toBeGreaterThanOrEqual(0);
		engine.intercept = undefined;
		engine.ring.cancel(1 - parked, writes[1 - parked]);
		engine.poll();
		engine.ring.ready(parked);
		engine.poll();
		expect(writes.map((tag) => engine.answer(tag)?.status)).toEqual([ERRNO_SUCCESS, ERRNO_SUCCESS]);
	});
});

describe('a failing call', () => {
	const scenarios: [string, (engine: InlineEngine) => number][] = [
		[
			'write',
			(engine) =>
				engine.run(OP_WRITE, 'd/file', { data: Buffer.from('new'), flags: FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY })
					.status,
		],
		['copy', (engine) => engine.run(OP_COPY, 'source', { target: 'd/file' }).status],
		['delete', (engine) => engine.run(OP_DELETE, 'tree', { flags: FLAG_RECURSIVE }).status],
		['read', (engine) => engine.run(OP_READ, 'source').status],
	];
	it.each(scenarios)(
		'%s: the Nth call fails, for every N: an error, no leak, nothing left, old or new content',
		(name, act) => {
			for (let failing = 0; ; failing++) {
				const engine = new InlineEngine();
				for (const path of ['source', 'd/file', 'tree/x/y', 'tree/z'])
					engine.run(OP_WRITE, path, { data: Buffer.from('old') });
				const open = engine.files.usedBytes();
				let calls = 0;
				let failed = '';
				engine.intercept = (call) => {
					if (call === 'sched_yield' || call === 'clock_time_get' || calls++ !== failing) return undefined;
					failed = call;
					return 29;
				};
				const status = act(engine);
				engine.intercept = undefined;
				if (failed === '') break;
				// A failed close of a file that was only read harms nobody; a reflink that fails is replaced by copying.
				if (status === ERRNO_SUCCESS)
					expect(['fd_advise', 'fd_close', 'file_clone', 'path_unlink_file']).toContain(failed);
				expect(['old', 'new']).toContain(engine.run(OP_READ, 'd/file').bytes.toString());
				expect(names(engine, 'd').filter((entry) => entry !== 'file' && failed !== 'path_unlink_file')).toEqual([]);
				expect(engine.files.usedBytes()).toBeLessThanOrEqual(open + 16384);
				if (name === 'write' && failing > 100) throw new Error('the scenario never ends');
			}
		},
	);
});

describe('AGAIN', () => {
	it('parks a step and repeats it when the host is ready; others are served meanwhile', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'slow', { data: Buffer.from('slow') });
		engine.run(OP_WRITE, 'fast', { data: Buffer.from('fast') });
		let parked = -1;
		engine.intercept = (name) => {
			if (name !== 'path_open' || parked >= 0) return undefined;
			parked = engine.ring.current;
			return ERRNO_AGAIN;
		};
		const slow = engine.submit(OP_READ, 'slow');
		const fast = engine.submit(OP_READ, 'fast');
		engine.poll();
		expect(engine.answer(slow)).toBeUndefined();
		expect(engine.answer(fast)?.bytes.toString()).toBe('fast');
		engine.ring.ready(parked);
		engine.poll();
		expect(engine.answer(slow)?.bytes.toString()).toBe('slow');
	});

	it('a write waits for the one before it on the same writer, and others go on', () => {
		const engine = new InlineEngine({ bufferBytes: 131_072 });
		const { handle } = engine.run(OP_WRITER_OPEN, 'file');
		const parked: number[] = [];
		engine.intercept = (name) => {
			if (name !== 'fd_pwrite' || parked.length > 0) return undefined;
			parked.push(engine.ring.current);
			return ERRNO_AGAIN;
		};
		const first = engine.submit(OP_WRITER_WRITE, '', { handle, data: Buffer.alloc(70_000, 1) });
		const second = engine.submit(OP_WRITER_WRITE, '', { handle, data: Buffer.alloc(70_000, 2) });
		engine.poll();
		expect([engine.answer(first), engine.answer(second)]).toEqual([undefined, undefined]);
		expect(engine.run(OP_STAT, 'missing').status).toBe(ERRNO_NOENT);
		engine.ring.ready(parked[0]);
		engine.poll();
		expect([engine.answer(first)?.status, engine.answer(second)?.status]).toEqual([ERRNO_SUCCESS, ERRNO_SUCCESS]);
		engine.run(OP_WRITER_CLOSE, '', { handle });
		const { bytes } = engine.run(OP_READ, 'file');
		expect(bytes.equals(Buffer.concat([Buffer.alloc(70_000, 1), Buffer.alloc(70_000, 2)]))).toBe(true);
	});

	it('what waits for a writer is not overtaken by what comes in when the one before ends', () => {
		const engine = new InlineEngine({ bufferBytes: 131_072, buffers: 8 });
		const { handle } = engine.run(OP_WRITER_OPEN, 'file');
		const pieces = [1, 2, 3].map((byte) => Buffer.alloc(70_000, byte));
		const parked: number[] = [];
		let attempts = 0;
		engine.intercept = (name) => {
			if (name !== 'fd_pwrite') return undefined;
			attempts++;
			if (attempts === 2) engine.submit(OP_WRITER_WRITE, '', { handle, data: pieces[2] });
			if (attempts > 1) return undefined;
			parked.push(engine.ring.current);
			return ERRNO_AGAIN;
		};
		for (const data of pieces.slice(0, 2)) engine.submit(OP_WRITER_WRITE, '', { handle, data });
		engine.poll();
		engine.ring.ready(parked[0]);
		engine.poll();
		engine.run(OP_WRITER_CLOSE, '', { handle });
		expect(engine.run(OP_READ, 'file').bytes.equals(Buffer.concat(pieces))).toBe(true);
	});

	it('what waits for a writer that fails, or that ends, hears of it', () => {
		const engine = new InlineEngine();
		for (const [op, status] of [
			[OP_WRITER_WRITE, ERRNO_IO],
			[OP_WRITER_ABORT, STATUS_MALFORMED],
		]) {
			const { handle } = engine.run(OP_WRITER_OPEN, 'file');
			const parked: number[] = [];
			engine.intercept = (name) => {
				if (name !== 'fd_pwrite' && name !== 'fd_close') return undefined;
				if (parked.length > 0) return op === OP_WRITER_WRITE && name === 'fd_pwrite' ? ERRNO_IO : undefined;
				parked.push(engine.ring.current);
				return ERRNO_AGAIN;
			};
			engine.submit(op, '', { handle, data: op === OP_WRITER_WRITE ? Buffer.alloc(65_536) : undefined });
			const waiting = engine.submit(OP_WRITER_WRITE, '', { handle, data: Buffer.from('x') });
			engine.poll();
			expect(engine.answer(waiting)).toBeUndefined();
			engine.ring.ready(parked[0]);
			engine.poll();
			expect(engine.answer(waiting)?.status).toBe(status);
			engine.intercept = undefined;
			if (op === OP_WRITER_WRITE) engine.run(OP_WRITER_ABORT, '', { handle });
		}
		expect(names(engine)).toEqual([]);
	});

	it('a cancelled request that is parked ends at once', () => {
		const engine = new InlineEngine();
		let parked = -1;
		engine.intercept = (name) => {
			if (name !== 'path_filestat_get') return undefined;
			parked = engine.ring.current;
			return ERRNO_AGAIN;
		};
		const tag = engine.submit(OP_STAT, 'x');
		engine.poll();
		engine.ring.cancel(parked, tag);
		engine.poll();
		expect(engine.answer(tag)?.status).toBe(ERRNO_CANCELED);
	});
});

describe('listing', () => {
	it('pages through a directory that does not fit a page, each name once', () => {
		const engine = new InlineEngine();
		for (let index = 0; index < 700; index++)
			engine.run(OP_WRITE, `d/${'n'.repeat(40)}${index}`, { data: Buffer.alloc(0) });
		expect(new Set(names(engine, 'd')).size).toBe(700);
	});

	it('of a directory that was removed ends or fails, and does not trap', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'd/x', { data: Buffer.alloc(0) });
		const { fd } = engine.run(OP_OPEN, 'd', { flags: FLAG_DIRECTORY });
		engine.run(OP_DELETE, 'd', { flags: FLAG_RECURSIVE });
		expect([ERRNO_SUCCESS, ERRNO_NOENT]).toContain(engine.run(OP_LIST, '', { fd }).status);
	});
});

/** Names in a directory, as the engine lists them. */
describe('the event loop', () => {
	it('gives its thread away for a moment when the host wants it, with or without requests, and goes on where it was', () => {
		const engine = new InlineEngine({ buffers: 4 });
		const errnos = [ERRNO_INTR, ERRNO_AGAIN, ERRNO_INTR, ERRNO_SUCCESS];
		const asked: number[] = [];
		engine.intercept = (name) => {
			if (name !== 'sched_yield') return undefined;
			const errno = errnos.shift() as number;
			asked.push(errno);
			if (errnos.length === 0) stopEngine(engine.ring);
			return errno;
		};
		const written = engine.submit(OP_WRITE, 'file', { data: Buffer.from('content') });
		expect(engine.loop()).toBe(1);
		expect(asked).toEqual([ERRNO_INTR]);
		// It had been told that nothing more is wanted; what the host keeps is asked for anew.
		engine.submit(OP_READ, 'file');
		expect(engine.loop()).toBe(1);
		expect(asked).toEqual([ERRNO_INTR, ERRNO_AGAIN, ERRNO_INTR]);
		expect(engine.loop()).toBe(0);
		expect(errnos).toEqual([]);
		engine.intercept = undefined;
		engine.poll();
		expect(engine.answer(written)?.status).toBe(ERRNO_SUCCESS);
	});
});

function names(engine: InlineEngine, path = ''): string[] {
	const { fd } = engine.run(OP_OPEN, path, { flags: FLAG_DIRECTORY });
	const found: string[] = [];
	for (let cookie = 0; ; ) {
		const { bytes, total } = engine.run(OP_LIST, '', { fd, offset: cookie });
		for (let at = 0; at < bytes.length; ) {
			const length = bytes.readUInt32LE(at + 68);
			found.push(bytes.toString('utf8', at + 72, at + 72 + length));
			at += (72 + length + 7) & ~7;
		}
		if (total === 0) return found;
		cookie = total;
	}
}

describe('in memory that an instance before has used', () => {
	it.each([1, 2, 3, 4, 5, 6, 7])('takes nothing for its own where every word is %i', (left) => {
		const engine = new InlineEngine({ left });
		// Those before it count as used from then on, though nobody has.
		const free = [engine.ring.takeSlot(), engine.ring.takeSlot(), engine.ring.takeSlot()];
		const foreign: number[] = [];
		engine.onForeign = (slot) => foreign.push(slot);
		const data = Buffer.from('x');
		const flags = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY;
		expect(engine.run(OP_WRITE, 'a/b', { data, flags }).status).toBe(ERRNO_SUCCESS);
		// Looks at all requests that wait, and then at those that wait for a buffer.
		engine.ring.cancel(free[0], left);
		expect(engine.run(OP_READ, 'a/b').bytes.toString()).toBe('x');
		expect(foreign).toEqual([]);
		expect(count(engine, 'path_rename')).toBe(1);

		const unknown = new InlineEngine().run(OP_WRITER_WRITE, '', { handle: (left << 16) | left, data }).status;
		expect(engine.run(OP_WRITER_WRITE, '', { handle: (left << 16) | left, data }).status).toBe(unknown);
		expect(unknown).not.toBe(ERRNO_SUCCESS);
		const { handle } = engine.run(OP_WRITER_OPEN, 'w');
		expect(engine.run(OP_WRITER_WRITE, '', { handle, data }).status).toBe(ERRNO_SUCCESS);
		expect(engine.run(OP_WRITER_CLOSE, '', { handle }).status).toBe(ERRNO_SUCCESS);
		expect(engine.run(OP_READ, 'w').bytes.toString()).toBe('x');
	});
});
