import type { InlinePool } from '../inline/pool.js';
import type { PoolEvents } from '../pool/pool.js';
import { type Incarnation, type Reply, Request } from '../pool/request.js';
import type { Store } from '../services/service.js';
import { openTree, openTreeStore, type TreeService } from '../services/tree-store.js';
import { DescriptorTable } from '../wasi/descriptor-table.js';
import type { ReplyMessage, RequestMessage, ToPage, ToWorker } from './messages.js';
import { errorMessage } from './remote-error.js';
import { SharedServer } from './serve-shared.js';

/** The worker's end of a store whose callers are in another thread. */
export interface Place {
	addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
	postMessage(message: ToPage, transfer?: Transferable[]): void;
}

const EVENTS = ['trap', 'replace', 'give-up', 'recover'] as const satisfies readonly (keyof PoolEvents)[];

/** Opens what the first message says, then answers requests until it is closed. */
export function serve(place: Place, openService: (name: string) => Promise<TreeService>): void {
	let store: Store | undefined;
	let shared: SharedServer | undefined;
	const signals = new Map<number, AbortController>();
	place.addEventListener('message', async ({ data }) => {
		if ('open' in data) {
			try {
				const { name, module, limits, table } = data.open;
				const service = await openService(name);
				if (table === undefined) {
					store = openTreeStore('opfs', { module, ...limits }, service);
					tellEvents(place, store.pool as unknown as InlinePool);
				} else {
					const descriptors = new DescriptorTable(table, 0, 1);
					shared = new SharedServer(place, module, descriptors, (open, ready) => openTree(service, open, ready));
				}
				place.postMessage({ opened: { root: store?.root ?? (shared?.root as number) } });
			} catch (error) {
				place.postMessage({ refused: errorMessage(error) });
			}
		} else if ('cancel' in data) {
			signals.get(data.cancel)?.abort();
		} else if ('close' in data) {
			await store?.close();
			await shared?.close();
			place.postMessage({ closed: true });
		} else if ('begin' in data) {
			await shared?.begin(data.begin);
		} else if ('sweep' in data) {
			shared?.sweep(data.sweep);
		} else if (store !== undefined) {
			const controller = new AbortController();
			signals.set(data.id, controller);
			await answer(place, store, data, controller.signal);
			signals.delete(data.id);
		}
	});
}

async function answer(place: Place, store: Store, message: RequestMessage, signal: AbortSignal): Promise<void> {
	const { id } = message;
	try {
		const reply = replyMessage(await store.engine.submit(requestOf(message), { signal }));
		// Results are private memory: they move over without a copy, unless they are a part of something larger.
		const { buffer } = reply.bytes;
		const isOwn = reply.bytes.length > 0 && buffer.byteLength === reply.bytes.length;
		place.postMessage({ id, reply }, isOwn ? [buffer as ArrayBuffer] : []);
	} catch (error) {
		place.postMessage({ id, error: errorMessage(error) });
	}
}

function requestOf({ request: { op, operation, path, room, pinned, preferred, ...rest } }: RequestMessage): Request {
	const request = Object.assign(new Request(op, operation, path), rest);
	if (room !== undefined) request.into = new Uint8Array(room);
	request.pinned = incarnationOf(pinned);
	request.preferred = incarnationOf(preferred);
	return request;
}

function incarnationOf(number: number | undefined): Incarnation | undefined {
	return number === undefined ? undefined : { number };
}

function replyMessage({ incarnation, held, bytes, ...rest }: Reply): ReplyMessage {
	// Only the filled part of memory that was made for the whole travels back.
	return {
		...rest,
		bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
		incarnation: incarnation.number,
	};
}

function tellEvents(place: Place, pool: InlinePool): void {
	for (const event of EVENTS) {
		pool.on(event, (message: unknown) => place.postMessage({ event, message: plain(message), health: pool.health() }));
	}
}

function plain(message: unknown): unknown {
	return JSON.parse(JSON.stringify(message));
}
