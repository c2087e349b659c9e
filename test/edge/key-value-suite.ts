import { type KeyValue, openKeyValue } from 'holdfast/edge';
import { runBehavior } from '../behavior/portable/behavior.js';
import type { Report } from '../behavior/portable/runner.js';
import type { Opened } from '../behavior/service.js';
import { lacksWaiting } from './lacks.js';

// The behaviour suite over a key-value store whose every answer comes later.

console.debug = () => undefined;

/** A store in memory that answers in another turn of the event loop, and takes what it is given only then. */
export function slowStore(values = new Map<string, Uint8Array>()): KeyValue {
	const later = () => new Promise<void>((resolve) => setImmediate(resolve));
	return {
		async get(key) {
			await later();
			return values.get(key)?.slice();
		},
		async list(prefix, after, limit) {
			await later();
			const keys = [...values.keys()].filter((key) => key.startsWith(prefix) && (after === undefined || key > after));
			return keys
				.sort()
				.slice(0, limit)
				.map((key) => [key, (values.get(key) as Uint8Array).slice()]);
		},
		async write(changes) {
			if (changes.length > 128) throw new Error('too many changes at a time');
			const copies = changes.map(([key, value]) => [key, value?.slice()] as const);
			await later();
			for (const [key, value] of copies) {
				if (value === undefined) values.delete(key);
				else values.set(key, value);
			}
		},
	};
}

export function runSuite(module: WebAssembly.Module, only?: string): Promise<Report> {
	const open = async (options = {}): Promise<Opened> => {
		const op = await openKeyValue(slowStore(), { module, ...options });
		return { op, root: null, outside: null, again: null, dispose: () => op.close() };
	};
	return runBehavior([{ name: 'key-value store', open, openUri: () => open() }], { only, lacks: lacksWaiting });
}
