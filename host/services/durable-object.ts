import type { KeyValue } from '../tree/key-value-storage.js';

/** What is used of the storage of a Durable Object. */
export interface DurableObjectStorage {
	get(key: string): Promise<unknown>;
	list(options: { prefix: string; startAfter?: string; limit: number }): Promise<Map<string, unknown>>;
	put(entries: Record<string, Uint8Array>): Promise<void>;
	delete(keys: string[]): Promise<unknown>;
	sync(): Promise<void>;
}

/** The storage of a Durable Object as a key-value store; `prefix` tells this store from whatever else is in it. */
export function durableObject(storage: DurableObjectStorage, prefix = 'holdfast/'): KeyValue {
	return {
		async get(key) {
			return (await storage.get(prefix + key)) as Uint8Array | undefined;
		},
		async list(from, after, limit) {
			const place = after === undefined ? {} : { startAfter: prefix + after };
			const found = await storage.list({ prefix: prefix + from, limit, ...place });
			return [...found].map(([key, value]) => [key.slice(prefix.length), value as Uint8Array]);
		},
		async write(changes) {
			const puts: Record<string, Uint8Array> = {};
			const removals: string[] = [];
			for (const [key, value] of changes) {
				// A view takes all the memory behind it along.
				if (value !== undefined) puts[prefix + key] = value.slice();
				else removals.push(prefix + key);
			}
			// Calls with no wait between them happen as a whole; that is what the platform promises.
			const calls: Promise<unknown>[] = [];
			if (removals.length > 0) calls.push(storage.delete(removals));
			if (removals.length < changes.length) calls.push(storage.put(puts));
			await Promise.all(calls);
			await storage.sync();
		},
	};
}
