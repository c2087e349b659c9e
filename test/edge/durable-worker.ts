import type { Operator } from 'holdfast';
import { type DurableObjectStorage, durableObject, openKeyValue } from 'holdfast/edge';
import type { InlinePool } from '#host/inline/pool';
import type { DescriptorTable } from '#host/wasi/descriptor-table';
import module from './engine.wasm';

// A Durable Object that keeps a store in its storage, and what the test asks of it.

const READERS = 20;

export class Store {
	readonly #storage: DurableObjectStorage;
	#kept: Promise<Operator> | undefined;

	constructor(state: { storage: DurableObjectStorage }) {
		this.#storage = state.storage;
	}

	async fetch(request: Request): Promise<Response> {
		const url = new URL(request.url);
		if (url.pathname === '/collected') return Response.json(await readersCollected(this.#storage));
		if (url.pathname === '/hurried') return Response.json(await readsBesideWrites(this.#storage));
		const text = url.searchParams.get('text') ?? '';
		this.#kept ??= openKeyValue(durableObject(this.#storage, 'kept/'), { module });
		const op = await this.#kept;
		if (url.pathname === '/write') {
			await op.write('dir/file', text);
			await op.write('dir/large', new Uint8Array(500_000).fill(7));
			await op.write('gone', text);
			await op.delete('gone');
			await op.write('log', text, { append: true });
			// A writer that is open when the power goes: nothing of it may be seen.
			await (await op.writer('half')).write(text);
		}
		const large = await op.read('dir/large');
		return Response.json({
			paths: (await op.list('/', { recursive: true })).map((entry) => entry.path()),
			text: await op.readText('dir/file'),
			log: await op.readText('log'),
			large: [large.length, large.every((byte) => byte === 7)],
			restarts: op.pool.health().restarts,
			keys: (await this.#storage.list({ prefix: 'kept/', limit: 1000 })).size,
		});
	}
}

/** Drops open readers until they are collected; how many descriptors are open before and after, and what a call answers then. */
async function readersCollected(
	storage: DurableObjectStorage,
): Promise<{ before: number; after: number; text: string }> {
	const op = await openKeyValue(durableObject(storage, 'collected/'), { module });
	await op.write('file', 'content');
	const open = async (): Promise<void> => void (await (await op.reader('file')).read(new Uint8Array(3)));
	for (let count = 0; count < READERS; count++) await open();
	const descriptors = (): number => ((op.pool as unknown as InlinePool).table as DescriptorTable).open();
	const before = descriptors();
	for (let tries = 0; tries < 100 && descriptors() === before; tries++) {
		(globalThis as unknown as { gc(): void }).gc();
		await new Promise((resolve) => setTimeout(resolve, 1));
		await op.read('file');
	}
	const text = await op.readText('file');
	const after = descriptors();
	await op.close();
	return { before, after, text };
}

/** Reads what is in memory again and again while the same file is written; how often it was written. */
async function readsBesideWrites(storage: DurableObjectStorage): Promise<{ written: number }> {
	const op = await openKeyValue(durableObject(storage, 'hurried/'), { module });
	await op.write('file', 'content');
	let written = 0;
	const write = async (): Promise<void> => {
		for (; written < 10; written++) await op.write('file', 'content');
	};
	const read = async (): Promise<void> => {
		while (written < 10) await op.read('file');
	};
	await Promise.all([write(), read()]);
	await op.close();
	return { written };
}

interface Environment {
	STORE: { idFromName(name: string): unknown; get(id: unknown): { fetch(request: Request): Promise<Response> } };
}

export default {
	fetch(request: Request, { STORE }: Environment): Promise<Response> {
		return STORE.get(STORE.idFromName('the one')).fetch(request);
	},
};
