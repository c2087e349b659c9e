import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { OP_CLOSE, OP_LIST, OP_OPEN, OP_WRITER_ABORT, OP_WRITER_CLOSE, OP_WRITER_OPEN } from '#assembly/layout';
import { Operator } from '#host/operator/operator';
import { FakeEngine, fakeOperator, fakeStore } from './fake-engine.js';
import { FakeTree } from './fake-tree.js';

let collect: () => void;

beforeAll(() => {
	setFlagsFromString('--expose-gc');
	collect = runInNewContext('gc') as () => void;
});

/** Collects until something has happened. */
async function collectUntil(isDone: () => boolean): Promise<void> {
	await expect
		.poll(() => {
			collect();
			return isDone();
		})
		.toBe(true);
}

/** Collects some times, for what must not happen. */
async function collectOften(): Promise<void> {
	for (let round = 0; round < 20; round++) {
		collect();
		await new Promise(setImmediate);
	}
}

describe('what was dropped', () => {
	it('a reader is closed when it is collected', async () => {
		const engine = new FakeEngine(({ op }) => (op === OP_OPEN ? { fd: 9 } : {}));
		const op = fakeOperator(engine);
		await (async () => {
			await (await op.reader('a')).read(Buffer.alloc(1));
		})();
		await collectUntil(() => engine.ops.at(-1) === OP_CLOSE);
		expect(engine.requests.at(-1)?.fd).toBe(9);
	});

	it('a writer is aborted when it is collected, unless it was closed', async () => {
		const engine = new FakeEngine(({ op }) => (op === OP_WRITER_OPEN ? { handle: 5 } : {}));
		const op = fakeOperator(engine);
		await (async () => {
			await (await op.writer('a')).write('x');
		})();
		await collectUntil(() => engine.ops.at(-1) === OP_WRITER_ABORT);
		expect(engine.requests.at(-1)?.handle).toBe(5);
		await (async () => {
			await (await op.writer('a')).close();
		})();
		await collectOften();
		expect(engine.ops.at(-1)).toBe(OP_WRITER_CLOSE);
	});

	it('a lister gives its directories back when it is collected', async () => {
		const tree = new FakeTree(['a/b/1', 'a/b/2', 'a/b/3', 'a/y', 'a/z', 'y', 'z']);
		const engine = new FakeEngine(tree.answer);
		const op = fakeOperator(engine);
		await (async () => {
			const lister = await op.lister('', { recursive: true });
			while ((await lister.next())?.path() !== 'a/b/1');
		})();
		expect(engine.ops).toContain(OP_LIST);
		expect(tree.open.size).toBe(3);
		await collectUntil(() => tree.open.size === 0);
	});

	it('a store is closed when nobody holds it any more', async () => {
		const engine = new FakeEngine();
		const store = fakeStore(engine);
		await (async () => {
			await Operator.fromStore(store).exists('a');
		})();
		// Unlike a pool, this engine remembers requests that are over.
		engine.requests.length = 0;
		await collectUntil(() => store.closed === 1);
	});

	it('a store stays open for a request that is on its way, and for a reader', async () => {
		let answer = () => {};
		const engine = new FakeEngine(() => new Promise((resolve) => (answer = () => resolve({}))));
		const store = fakeStore(engine);
		let call: Promise<boolean> | undefined = (() => Operator.fromStore(store).exists('a'))();
		await collectOften();
		expect(store.closed).toBe(0);
		answer();
		expect(await call).toBe(true);
		call = undefined;
		engine.requests.length = 0;
		await collectUntil(() => store.closed === 1);

		const other = fakeStore(new FakeEngine());
		const holder = { reader: await (() => Operator.fromStore(other).reader('a'))() };
		await collectOften();
		expect(other.closed).toBe(0);
		expect(await holder.reader.read(Buffer.alloc(1))).toBe(0n);
	});

	it('a store that was closed is not closed again', async () => {
		const store = fakeStore(new FakeEngine());
		await (async () => {
			await Operator.fromStore(store).close();
		})();
		await collectOften();
		expect(store.closed).toBe(1);
	});
});
