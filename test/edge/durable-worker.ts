import type { Operator } from 'holdfast';
import { type DurableObjectStorage, durableObject, openKeyValue } from 'holdfast/edge';
import module from './engine.wasm';

// A Durable Object that keeps a store in its storage, and what the test asks of it.

export class Store {
	readonly #storage: DurableObjectStorage;
	#kept: Promise<Operator> | undefined;

	constructor(state: { storage: DurableObjectStorage }) {
		this.#storage = state.storage;
	}

	async fetch(request: Request): Promise<Response> {
		const url = new URL(request.url);
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

interface Environment {
	STORE: { idFromName(name: string): unknown; get(id: unknown): { fetch(request: Request): Promise<Response> } };
}

export default {
	fetch(request: Request, { STORE }: Environment): Promise<Response> {
		return STORE.get(STORE.idFromName('the one')).fetch(request);
	},
};
