import fs, { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ERRNO_BADF, ERRNO_IO, ERRNO_SUCCESS } from '#assembly/layout';
import { FsyncQueue } from '#host/wasi/fsync-queue';

// The threads' part is played by the test's own thread, which serves until nothing is asked for any more. What happens to an entry while its
// fsync runs happens within the call that makes it.

const RUNNER = 7;
const { fsyncSync } = fs;
let place: string;
let queue: FsyncQueue;
let made: number[];
let during: () => void;

beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), 'holdfast-fsyncs-'));
	queue = new FsyncQueue();
	made = [];
	during = () => {};
	fs.fsyncSync = (fd) => {
		made.push(fd);
		during();
		fsyncSync(fd);
	};
	syncBuiltinESMExports();
});
afterEach(() => {
	fs.fsyncSync = fsyncSync;
	syncBuiltinESMExports();
	rmSync(place, { recursive: true });
});

let files = 0;
const open = (): number => openSync(join(place, `${files++}`), 'w');
const serve = (): void => new FsyncQueue(queue.buffer).serve(RUNNER, 0);
const isOpen = (fd: number): boolean => {
	try {
		return fstatSync(fd) !== undefined;
	} catch {
		return false;
	}
};

describe('an fsync', () => {
	it('that nobody asked for is made by whoever wants it', () => {
		const fd = open();
		expect(queue.settle(fd)).toBe(ERRNO_SUCCESS);
		expect(made).toEqual([fd]);
		closeSync(fd);
		expect(queue.settle(fd)).toBe(ERRNO_BADF);
	});

	it('that was asked for is made once: by a thread, or, if none has come to it, by whoever wants it', () => {
		const [first, second] = [open(), open()];
		queue.ask(first);
		serve();
		queue.ask(second);
		expect(made).toEqual([first]);
		expect([queue.settle(first), queue.settle(second)]).toEqual([ERRNO_SUCCESS, ERRNO_SUCCESS]);
		serve();
		expect(made).toEqual([first, second]);
	});

	it('has its result only once: what is asked for again is made again', () => {
		const fd = open();
		for (let round = 1; round <= 3; round++) {
			queue.ask(fd);
			serve();
			expect(queue.settle(fd)).toBe(ERRNO_SUCCESS);
			expect(made.length).toBe(round);
		}
	});

	it('that failed in a thread says so to whoever asked', () => {
		const fd = open();
		queue.ask(fd);
		during = () => {
			throw Object.assign(new Error('EIO'), { code: 'EIO', errno: -5 });
		};
		serve();
		during = () => {};
		expect(queue.settle(fd)).toBe(ERRNO_IO);
		expect(made).toEqual([fd]);
	});

	it('is made all the same when more are asked for than there is room', () => {
		const fds = Array.from({ length: 200 }, open);
		for (const fd of fds) queue.ask(fd);
		serve();
		expect(made.length).toBe(128);
		for (const fd of fds) expect(queue.settle(fd)).toBe(ERRNO_SUCCESS);
		expect(made.length).toBe(200);
		for (const fd of fds) closeSync(fd);
		// And the room is there again.
		const again = open();
		queue.ask(again);
		serve();
		expect(made.at(-1)).toBe(again);
	});
});

describe('a descriptor that is to be closed', () => {
	it('may be closed when nothing was asked for, nobody has begun, or all is over; and then nothing is made', () => {
		const [none, waiting, done] = [open(), open(), open()];
		queue.ask(done);
		serve();
		queue.ask(waiting);
		expect([none, waiting, done].map((fd) => queue.release(fd))).toEqual([true, true, true]);
		serve();
		expect(made).toEqual([done]);
	});

	it('leaves its place to others', () => {
		const fd = open();
		for (let round = 0; round < 300; round++) {
			queue.ask(fd);
			if (round % 2 === 0) serve();
			queue.release(fd);
		}
		made = [];
		queue.ask(fd);
		serve();
		expect(made).toEqual([fd]);
	});

	it('is closed by the thread whose fsync runs', () => {
		const fd = open();
		const released: boolean[] = [];
		during = () => released.push(queue.release(fd));
		queue.ask(fd);
		serve();
		expect(released).toEqual([false]);
		expect(isOpen(fd)).toBe(false);
	});

	it('does not hand its result to the next file with its number', () => {
		const fd = open();
		queue.ask(fd);
		serve();
		queue.release(fd);
		closeSync(fd);
		const next = open();
		expect(next).toBe(fd);
		expect(queue.settle(next)).toBe(ERRNO_SUCCESS);
		expect(made).toEqual([fd, next]);
	});
});

describe('a thread that ends in the middle', () => {
	it('has failed at what it had begun, which nobody repeats', () => {
		const fd = open();
		queue.ask(fd);
		during = () => queue.lose(RUNNER);
		serve();
		during = () => {};
		expect(queue.settle(fd)).toBe(ERRNO_IO);
		expect(made).toEqual([fd]);
	});

	it('leaves no descriptor open that was to be closed, and what others do as it is', () => {
		const [left, other] = [open(), open()];
		const lost = () => {
			queue.release(left);
			queue.lose(RUNNER + 1);
			expect(isOpen(left)).toBe(true);
			queue.lose(RUNNER);
			expect(isOpen(left)).toBe(false);
		};
		during = () => {
			during = () => {};
			lost();
		};
		queue.ask(left);
		queue.ask(other);
		expect(() => serve()).not.toThrow();
		expect(queue.settle(other)).toBe(ERRNO_SUCCESS);
	});

	it('is told to end, and ends when it is through', () => {
		const fd = open();
		queue.ask(fd);
		queue.stop();
		new FsyncQueue(queue.buffer).serve(RUNNER, 1_000_000);
		expect(queue.settle(fd)).toBe(ERRNO_SUCCESS);
	});
});
