import { describe, expect, it } from 'vitest';
import {
	FLAG_APPEND,
	FLAG_DIRECTORY,
	FLAG_IF_MATCH,
	FLAG_IF_MODIFIED_SINCE,
	FLAG_IF_NONE_MATCH,
	FLAG_IF_NOT_EXISTS,
	FLAG_KEEP_TOP,
	FLAG_MATCH_ANY,
	FLAG_PARCEL,
	FLAG_RECURSIVE,
	FLAG_SUFFIX,
	FLAG_SYNC_DIRECTORY,
	FLAG_SYNC_FILE,
	OP_COPY,
	OP_CREATE_DIRECTORY,
	OP_DELETE,
	OP_READ,
	OP_RENAME,
	OP_STAT,
	OP_WRITE,
	OP_WRITER_ABORT,
	OP_WRITER_CLOSE,
	OP_WRITER_OPEN,
	OP_WRITER_WRITE,
} from '#assembly/layout';
import { HoldfastError } from '#host/errors';
import { Operator } from '#host/operator/operator';
import { LENGTH_REST } from '#host/pool/request';
import {
	type Answer,
	BUFFER_BYTES,
	FakeEngine,
	fakeOperator,
	fakeStore,
	INCARNATION,
	ROOT,
	statOf,
} from './fake-engine.js';
import { refusal, rejection } from './refusal.js';

const FULL = FLAG_SYNC_FILE | FLAG_SYNC_DIRECTORY;

/** Runs a method in both of its forms, each over an engine of its own, and gives what the engine was asked. */
async function both(call: (op: Operator, suffix: '' | 'Sync') => unknown, answer?: Answer): Promise<FakeEngine> {
	const engines = [new FakeEngine(answer), new FakeEngine(answer)];
	await call(fakeOperator(engines[0]), '');
	await call(fakeOperator(engines[1]), 'Sync');
	expect(engines[1].requests).toEqual(
		engines[0].requests.map((request, index) => sameBut(request, engines[1].requests[index])),
	);
	return engines[0];
}

/** Two requests are equal when they differ only in the store that they belong to. */
function sameBut(request: object, other: object): object {
	const copy = Object.assign(Object.create(Object.getPrototypeOf(request)), request);
	if ('keeper' in other) copy.keeper = other.keeper;
	return copy;
}

describe('Operator requests', () => {
	it('stat asks for one path of its root', async () => {
		const engine = await both((op, sync) => op[`stat${sync}`]('//a/b'));
		expect(engine.requests).toHaveLength(1);
		expect(engine.requests[0]).toMatchObject({
			op: OP_STAT,
			operation: 'stat',
			path: 'a/b',
			flags: 0,
			root: ROOT,
			lane: 'read',
		});
	});

	it('stat of a directory says that a slash was there', async () => {
		const engine = await both((op, sync) => op[`stat${sync}`]('a/b/'));
		expect(engine.requests[0]).toMatchObject({ path: 'a/b', flags: FLAG_DIRECTORY });
		expect((await both((op, sync) => op[`stat${sync}`](''))).requests[0]).toMatchObject({
			path: '',
			flags: FLAG_DIRECTORY,
		});
	});

	it('stat carries its conditions', async () => {
		const options = { ifMatch: '*', ifNoneMatch: '"1-2-3"', ifModifiedSince: '1970-01-01T00:00:01Z' };
		const [request] = (await both((op, sync) => op[`stat${sync}`]('a', options))).requests;
		expect(request.flags).toBe(FLAG_IF_MATCH | FLAG_MATCH_ANY | FLAG_IF_NONE_MATCH | FLAG_IF_MODIFIED_SINCE);
		expect(request.conditions).toMatchObject({ ifMatch: '*', ifNoneMatch: { inode: 1n, size: 2n, modifiedNs: 3n } });
	});

	it('read asks for all, a range or a suffix', async () => {
		const read = async (options?: object) => (await both((op, sync) => op[`read${sync}`]('a', options))).requests[0];
		expect(await read()).toMatchObject({
			op: OP_READ,
			offset: 0,
			length: LENGTH_REST,
			flags: FLAG_PARCEL,
			lane: 'read',
		});
		expect(await read({ offset: 5n })).toMatchObject({ offset: 5, length: LENGTH_REST });
		expect(await read({ offset: 5, size: 0n })).toMatchObject({ offset: 5, length: 0 });
		expect(await read({ suffix: 7 })).toMatchObject({
			offset: 7,
			length: LENGTH_REST,
			flags: FLAG_PARCEL | FLAG_SUFFIX,
		});
		const op = fakeOperator(new FakeEngine());
		expect((await rejection(op.read('a', { suffix: 1, offset: 1 }))).code).toBe('ConfigInvalid');
		expect((await rejection(op.read('a', { suffix: 1, size: 1 }))).code).toBe('ConfigInvalid');
	});

	it('read gives a Buffer over the memory of the reply', async () => {
		const bytes = new Uint8Array([1, 2, 3]).subarray(1);
		const op = fakeOperator(new FakeEngine(() => ({ bytes })));
		for (const result of [await op.read('a'), op.readSync('a')]) {
			expect(Buffer.isBuffer(result)).toBe(true);
			expect([...result]).toEqual([2, 3]);
			expect(result.buffer).toBe(bytes.buffer);
		}
		const buffer = Buffer.from('x');
		expect(await fakeOperator(new FakeEngine(() => ({ bytes: buffer }))).read('a')).toBe(buffer);
	});

	it('write of what fits one buffer is one durable request in the lane for that', async () => {
		const content = Buffer.alloc(BUFFER_BYTES);
		const engine = await both((op, sync) => op[`write${sync}`]('a', content));
		expect(engine.requests).toHaveLength(1);
		expect(engine.requests[0]).toMatchObject({ op: OP_WRITE, path: 'a', flags: FULL, lane: 'sync' });
		expect(engine.requests[0].data).toBe(content);
	});

	it('write takes strings, views and buffers', async () => {
		const view = new DataView(Uint8Array.from([0, 1, 2, 3]).buffer, 1, 2);
		const contents: [string | Uint8Array | DataView | ArrayBuffer, number[]][] = [
			['é', [0xc3, 0xa9]],
			['', []],
			[view, [1, 2]],
			[Uint8Array.from([4]).buffer, [4]],
			[new Uint8Array(0), []],
		];
		for (const [content, bytes] of contents) {
			const engine = await both((op, sync) => op[`write${sync}`]('a', content));
			expect([...(engine.requests[0].data ?? [])]).toEqual(bytes);
		}
		const op = fakeOperator(new FakeEngine());
		for (const content of [undefined, null, 5, {}, ['a']]) {
			expect((await rejection(op.write('a', content as never))).code).toBe('ConfigInvalid');
		}
	});

	it('durability decides flags and lane, of the call before that of the operator', async () => {
		const write = async (durability: 'full' | 'file' | 'none') =>
			(await both((op, sync) => op[`write${sync}`]('a', '', { durability }))).requests[0];
		expect(await write('file')).toMatchObject({ flags: FLAG_SYNC_FILE, lane: 'sync' });
		expect(await write('none')).toMatchObject({ flags: 0, lane: 'read' });
		const rename = await both((op, sync) => op[`rename${sync}`]('a', 'b', { durability: 'file' }));
		expect(rename.requests[0]).toMatchObject({ flags: 0, lane: 'read' });
	});

	it('a copy that is not synced keeps no read waiting all the same', async () => {
		const copy = await both((op, sync) => op[`copy${sync}`]('a', 'b', { durability: 'none' }));
		expect(copy.requests[0]).toMatchObject({ op: OP_COPY, flags: 0, lane: 'sync' });
	});

	it('nothing is synced where nothing outlives the process', async () => {
		const engine = new FakeEngine();
		const op = fakeOperator(engine, { volatile: true });
		await op.write('a', '', { durability: 'full' });
		await op.delete('a');
		await op.copy('a', 'b');
		for (const request of engine.requests) expect(request).toMatchObject({ flags: 0, lane: 'read' });
	});

	it('write carries its options as flags', async () => {
		const flags = async (options: object): Promise<number> => {
			const engine = await both((op, sync) => op[`write${sync}`]('a', '', { durability: 'none', ...options }));
			return engine.requests[0].flags;
		};
		expect(await flags({ append: true })).toBe(FLAG_APPEND);
		expect(await flags({ ifNotExists: true })).toBe(FLAG_IF_NOT_EXISTS);
		expect(await flags({ ifMatch: '"1-2-3"' })).toBe(FLAG_IF_MATCH);
		expect(await flags({ ifNoneMatch: '"1-2-3"' })).toBe(FLAG_IF_NONE_MATCH);
		expect(await flags({ chunk: 5n, concurrent: 3 })).toBe(0);
	});

	it('write with ifNoneMatch: * is decided by the file system, as ifNotExists is', async () => {
		const engine = await both((op, sync) => op[`write${sync}`]('a', '', { durability: 'none', ifNoneMatch: '*' }));
		expect(engine.requests[0].flags).toBe(FLAG_IF_NOT_EXISTS);
		expect(engine.requests[0].conditions).toBeUndefined();
	});

	it('createDir, copy, rename and delete', async () => {
		const [make] = (await both((op, sync) => op[`createDir${sync}`]('a/b/'))).requests;
		expect(make).toMatchObject({ op: OP_CREATE_DIRECTORY, path: 'a/b', lane: 'sync' });
		expect(make.flags).toBe(FLAG_DIRECTORY | FLAG_SYNC_DIRECTORY);
		const [copy] = (await both((op, sync) => op[`copy${sync}`]('/a', '//b/c', { ifNotExists: true }))).requests;
		expect(copy).toMatchObject({
			op: OP_COPY,
			path: 'a',
			target: 'b/c',
			flags: FULL | FLAG_IF_NOT_EXISTS,
			lane: 'sync',
		});
		const [rename] = (await both((op, sync) => op[`rename${sync}`]('a', 'b'))).requests;
		expect(rename).toMatchObject({ op: OP_RENAME, path: 'a', target: 'b', flags: FLAG_SYNC_DIRECTORY, lane: 'sync' });
		const [remove] = (await both((op, sync) => op[`delete${sync}`]('a'))).requests;
		expect(remove).toMatchObject({ op: OP_DELETE, path: 'a', flags: FLAG_SYNC_DIRECTORY, lane: 'sync' });
		const [all] = (await both((op, sync) => op[`delete${sync}`]('a/', { recursive: true }))).requests;
		expect(all.flags).toBe(FLAG_DIRECTORY | FLAG_RECURSIVE | FLAG_SYNC_DIRECTORY);
	});

	it('removeAll takes a directory or a file as a whole, and of the root only what is below it', async () => {
		const flags = async (path: string): Promise<[string, number]> => {
			const [request] = (await both((op, sync) => op[`removeAll${sync}`](path))).requests;
			return [request.path, request.flags & ~FLAG_SYNC_DIRECTORY];
		};
		expect(await flags('a/')).toEqual(['a', FLAG_RECURSIVE | FLAG_DIRECTORY]);
		expect(await flags('a')).toEqual(['a', FLAG_RECURSIVE]);
		expect(await flags('/')).toEqual(['', FLAG_RECURSIVE | FLAG_DIRECTORY | FLAG_KEEP_TOP]);
	});

	it('remove looks at all paths before it removes the first', async () => {
		const engine = await both((op, sync) => op[`remove${sync}`](['a', 'b/', 'a']));
		expect(engine.requests.map(({ op, path }) => [op, path])).toEqual([
			[OP_DELETE, 'a'],
			[OP_DELETE, 'b'],
			[OP_DELETE, 'a'],
		]);
		const unused = new FakeEngine();
		expect((await rejection(fakeOperator(unused).remove(['a', '../b']))).path).toBe('../b');
		expect((await rejection(fakeOperator(unused).remove('a' as never))).code).toBe('ConfigInvalid');
		expect(unused.requests).toEqual([]);
	});

	it('remove begins no further path after a failure, and waits for those that it began', async () => {
		const failing: Answer = (request) => {
			if (request.path === '70') throw new HoldfastError('NotEmpty', 'x', { path: request.path });
			return {};
		};
		const paths = Array.from({ length: 300 }, (_, index) => String(index));
		const engine = new FakeEngine(failing);
		expect((await rejection(fakeOperator(engine).remove(paths))).path).toBe('70');
		expect(engine.requests.length).toBeLessThan(300);
		expect(engine.requests.length).toBeGreaterThan(70);
		const blocking = new FakeEngine(failing);
		expect(refusal(() => fakeOperator(blocking).removeSync(paths)).path).toBe('70');
		expect(blocking.requests).toHaveLength(71);
	});

	it('remove begins none after a failure that comes while an earlier path is still on its way', async () => {
		let release: () => void = () => undefined;
		const first = new Promise<void>((resolve) => {
			release = resolve;
		});
		const engine = new FakeEngine(async ({ path }) => {
			if (path === '0') await first;
			if (path === '5') throw new HoldfastError('NotEmpty', 'x', { path });
			return {};
		});
		const removed = rejection(fakeOperator(engine).remove(Array.from({ length: 300 }, (_, index) => String(index))));
		const begun = engine.requests.length;
		expect(begun).toBeLessThan(300);
		// The failure is there before the first path is.
		await new Promise((resolve) => setImmediate(resolve));
		release();
		expect((await removed).path).toBe('5');
		expect(engine.requests).toHaveLength(begun);
	});

	it('signal and timeoutMs reach the engine', async () => {
		const { signal } = new AbortController();
		const engine = await both((op, sync) => op[`stat${sync}`]('a', { signal, timeoutMs: 5 }));
		expect(engine.options[0]).toEqual({ signal, timeoutMs: 5 });
		expect((await both((op, sync) => op[`stat${sync}`]('a', {}))).options[0]).toBeUndefined();
	});
});

describe('Operator refusals', () => {
	it('of asynchronous methods are rejections, never thrown', async () => {
		const op = fakeOperator(new FakeEngine(), { capability: {} });
		const bad = '../x';
		const calls = [
			() => op.stat(bad),
			() => op.exists(bad),
			() => op.createDir(bad),
			() => op.read(bad),
			() => op.reader(bad),
			() => op.write(bad, ''),
			() => op.writer(bad),
			() => op.copy(bad, 'a'),
			() => op.copy('a', bad),
			() => op.rename('a', bad),
			() => op.delete(bad),
			() => op.remove([bad]),
			() => op.removeAll(bad),
			() => op.list(bad),
			() => op.lister(bad),
			() => op.presignRead(bad, 1),
		];
		for (const call of calls) {
			const promise = call();
			expect(promise).toBeInstanceOf(Promise);
			// A capability that is lacking is told only for a path that could be meant.
			expect(['InvalidPath', 'Unsupported']).toContain((await rejection(promise)).code);
		}
	});

	it('of what a service does not offer ask the engine nothing', async () => {
		const engine = new FakeEngine();
		const op = fakeOperator(engine, { capability: {} });
		const calls = [
			() => op.statSync('a'),
			() => op.readSync('a'),
			() => op.readerSync('a'),
			() => op.writeSync('a', ''),
			() => op.writerSync('a'),
			() => op.createDirSync('a/'),
			() => op.copySync('a', 'b'),
			() => op.renameSync('a', 'b'),
			() => op.deleteSync('a'),
			() => op.removeAllSync('a'),
			() => op.listSync('a'),
			() => op.listerSync('a'),
		];
		for (const call of calls) expect(refusal(call).code).toBe('Unsupported');
		expect((await rejection(op.presignRead('a', 10))).code).toBe('Unsupported');
		expect(engine.requests).toEqual([]);
	});

	it('of directories where files are needed ask the engine nothing', () => {
		const engine = new FakeEngine();
		const op = fakeOperator(engine);
		for (const path of ['a/', '', '/']) {
			for (const call of [
				() => op.readSync(path),
				() => op.readerSync(path),
				() => op.writeSync(path, ''),
				() => op.writerSync(path),
				() => op.copySync(path, 'b'),
				() => op.copySync('b', path),
				() => op.renameSync(path, path),
			]) {
				const error = refusal(call);
				expect(error.code).toBe('IsADirectory');
				expect(error.path).toBe(path === '' ? '/' : path);
			}
		}
		expect(refusal(() => op.createDirSync('a')).code).toBe('NotADirectory');
		expect(engine.requests).toEqual([]);
	});

	it('of a layer that was not built say what to do', () => {
		expect(refusal(() => fakeOperator(new FakeEngine()).layer({} as never)).message).toContain('build()');
	});

	it('of schemes and options name them', () => {
		expect(refusal(() => new Operator('nope')).code).toBe('ConfigInvalid');
		expect(refusal(() => new Operator(5 as never)).code).toBe('ConfigInvalid');
		expect(refusal(() => new Operator('memory', { durability: 'half' })).message).toContain("'durability'");
		expect(refusal(() => new Operator('memory', { nonsense: 1 })).message).toContain("'nonsense'");
	});
});

describe('Operator results', () => {
	it('exists is false for NotFound only', async () => {
		const failing = (code: 'NotFound' | 'PermissionDenied') =>
			fakeOperator(
				new FakeEngine(() => {
					throw new HoldfastError(code, 'x');
				}),
			);
		expect(await fakeOperator(new FakeEngine()).exists('a')).toBe(true);
		expect(await failing('NotFound').exists('a')).toBe(false);
		expect(failing('NotFound').existsSync('a')).toBe(false);
		expect((await rejection(failing('PermissionDenied').exists('a'))).code).toBe('PermissionDenied');
		expect(refusal(() => failing('PermissionDenied').existsSync('a')).code).toBe('PermissionDenied');
	});

	it('an error shows the line that awaited the call', async () => {
		const elsewhere = new HoldfastError('NotFound', 'x');
		const op = fakeOperator(
			new FakeEngine(async () => {
				await new Promise(setImmediate);
				throw elsewhere;
			}),
		);
		async function whoCalls(): Promise<void> {
			await op.read('a');
		}
		async function whoWritesMuch(): Promise<void> {
			await op.write('a', Buffer.alloc(BUFFER_BYTES + 1));
		}
		expect((await rejection(whoCalls())).stack).toContain('whoCalls');
		expect((await rejection(whoWritesMuch())).stack).toContain('whoWritesMuch');
	});

	it('copy and rename tell a source below a file from a target below one', async () => {
		const answer =
			(isSource: boolean): Answer =>
			(request) => {
				if (request.op !== OP_STAT) throw new HoldfastError('NotADirectory', 'x');
				expect(request.path).toBe('file/below');
				if (isSource) throw new HoldfastError('NotFound', 'x');
				return {};
			};
		for (const method of ['copy', 'rename'] as const) {
			const call = (isSource: boolean) =>
				rejection(fakeOperator(new FakeEngine(answer(isSource)))[method]('file/below', 'b'));
			expect((await call(true)).code).toBe('NotFound');
			expect((await call(false)).code).toBe('NotADirectory');
		}
	});

	it('a blocking call shows its line however deep the engine is', () => {
		const deep = (depth: number): never => {
			if (depth > 0) return deep(depth - 1);
			throw new HoldfastError('NotFound', 'x');
		};
		const op = fakeOperator(new FakeEngine(() => deep(50)));
		const whoBlocks = () => op.readSync('a');
		const whoWritesMuch = () => op.writeSync('a', Buffer.alloc(BUFFER_BYTES + 1));
		expect(refusal(whoBlocks).stack).toContain('whoBlocks');
		expect(refusal(whoWritesMuch).stack).toContain('whoWritesMuch');
	});

	it('write gives the metadata of the reply, of large content too', async () => {
		const stat = statOf({ size: 1234n });
		const op = fakeOperator(new FakeEngine(() => ({ stat })));
		expect((await op.write('a', 'x')).contentLength).toBe(1234n);
		expect((await op.write('a', Buffer.alloc(BUFFER_BYTES + 1))).contentLength).toBe(1234n);
		expect(op.writeSync('a', Buffer.alloc(BUFFER_BYTES + 1)).contentLength).toBe(1234n);
	});
});

describe('Operator.write of much', () => {
	const content = Buffer.from(Array.from({ length: 2 * BUFFER_BYTES + 1 }, (_, index) => index % 251));
	const opened: Answer = (request) => (request.op === OP_WRITER_OPEN ? { handle: 77, incarnation: INCARNATION } : {});

	it('goes in pieces to the instance that gave the handle', async () => {
		const engine = await both((op, sync) => op[`write${sync}`]('a', content, { append: true }), opened);
		expect(engine.ops).toEqual([OP_WRITER_OPEN, OP_WRITER_WRITE, OP_WRITER_WRITE, OP_WRITER_WRITE, OP_WRITER_CLOSE]);
		const [open, ...later] = engine.requests;
		expect(open).toMatchObject({ flags: FULL | FLAG_APPEND, lane: 'sync', pinned: undefined, operation: 'write' });
		for (const request of later)
			expect(request).toMatchObject({ handle: 77, pinned: INCARNATION, lane: 'sync', path: 'a' });
		const pieces = later.flatMap(({ data }) => (data === undefined ? [] : [data]));
		expect(pieces.map((piece) => piece.length)).toEqual([BUFFER_BYTES, BUFFER_BYTES, 1]);
		expect(Buffer.concat(pieces)).toEqual(content);
	});

	it.each([
		[OP_WRITER_WRITE, 'a piece'],
		[OP_WRITER_CLOSE, 'the end'],
	])('aborts when operation %s (%s) fails, and tells that failure', async (op) => {
		const failing: Answer = (request, options) => {
			if (request.op === op) throw new HoldfastError('StorageFull', 'x');
			if (request.op === OP_WRITER_ABORT) throw new HoldfastError('Unexpected', 'the handle is gone');
			return opened(request, options);
		};
		const { signal } = new AbortController();
		const engine = await both(async (operator, sync) => {
			const call = async () => await operator[`write${sync}`]('a', content, { signal });
			expect((await rejection(call())).code).toBe('StorageFull');
		}, failing);
		expect(engine.ops.at(-1)).toBe(OP_WRITER_ABORT);
		expect(engine.requests.at(-1)).toMatchObject({ handle: 77, pinned: INCARNATION, lane: 'sync' });
		// What cleans up after a cancelled call must not be cancelled with it.
		expect(engine.options[0]).toEqual({ signal, timeoutMs: undefined });
		expect(engine.options.at(-1)).toBeUndefined();
	});

	it('has nothing to abort when it could not begin', async () => {
		const engine = await both(
			async (operator, sync) => {
				const call = async () => await operator[`write${sync}`]('a', content);
				expect((await rejection(call())).code).toBe('ConditionNotMatch');
			},
			() => {
				throw new HoldfastError('ConditionNotMatch', 'x');
			},
		);
		expect(engine.ops).toEqual([OP_WRITER_OPEN]);
	});
});

describe('Operator.close()', () => {
	it('closes the store, and later calls say Closed without asking the engine', async () => {
		const engine = new FakeEngine();
		const store = fakeStore(engine);
		const op = Operator.fromStore(store);
		const reader = await op.reader('a');
		await op.close();
		expect(store.closed).toBe(1);
		expect((await rejection(op.read('a'))).code).toBe('Closed');
		expect(refusal(() => op.readSync('a')).code).toBe('Closed');
		expect((await rejection(reader.read(Buffer.alloc(1)))).code).toBe('Closed');
		expect(engine.requests).toEqual([]);
	});

	it('is what disposing does', async () => {
		const store = fakeStore(new FakeEngine());
		{
			await using op = Operator.fromStore(store);
			expect(await op.exists('a')).toBe(true);
		}
		expect(store.closed).toBe(1);
	});
});
