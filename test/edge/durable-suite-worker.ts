import { type DurableObjectStorage, durableObject, openKeyValue } from 'holdfast/edge';
import { runBehavior } from '../behavior/portable/behavior.js';
import type { Opened } from '../behavior/service.js';
import module from './engine.wasm';
import { lacksWaiting } from './lacks.js';
import { probeTrap } from './probe.js';

// The behaviour suite in a Durable Object: a request runs it and gets the report. Over the fault build `/probe` tells what a trap does.

console.debug = () => undefined;
globalThis.setImmediate ??= ((turn: () => void) => setTimeout(turn, 0)) as unknown as typeof setImmediate;

export class Store {
	readonly #storage: DurableObjectStorage;
	#opened = 0;

	constructor(state: { storage: DurableObjectStorage }) {
		this.#storage = state.storage;
	}

	async fetch(request: Request): Promise<Response> {
		const { pathname, searchParams } = new URL(request.url);
		const only = searchParams.get('only') ?? undefined;
		const open = async (options = {}): Promise<Opened> => {
			const op = await openKeyValue(durableObject(this.#storage, `${++this.#opened}/`), { module, ...options });
			return { op, root: null, outside: null, again: null, dispose: () => op.close() };
		};
		if (pathname === '/probe') return Response.json(await probeTrap((await open()).op));
		const service = { name: 'Durable Object', open, openUri: () => open() };
		return Response.json(await runBehavior([service], { only, lacks: lacksWaiting }));
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
