import { type RawOptions, readOptions, refuseUnknown } from './config.js';
import { INLINE_OPTION_NAMES, parseInlineOptions } from './inline/options.js';
import { Operator } from './operator/operator.js';
import { openTreeStore } from './services/tree-store.js';
import { type KeyValue, KeyValueStorage } from './tree/key-value-storage.js';

/**
 * An operator over a key-value or object store of the platform: files that stay. Names are read once and kept in memory, some 300
 * bytes a file; content is fetched when it is needed. Options are those of `new Operator('memory', ...)` without
 * `maximumBytes`. Blocking methods are `Unsupported`. Nobody else may have the store open.
 *
 * @example
 * const op = await openKeyValue(durableObject(state.storage), { module });
 */
export async function openKeyValue(store: KeyValue, given: RawOptions): Promise<Operator> {
	const raw = readOptions(given);
	refuseUnknown(raw, INLINE_OPTION_NAMES);
	const options = parseInlineOptions(raw);
	let wake: () => void = () => undefined;
	const { storage, found } = await KeyValueStorage.open(store, () => wake());
	return Operator.fromStore(
		openTreeStore('key-value', options, {
			mayPark: true,
			volatile: false,
			open(ready) {
				wake = ready;
				return { storage, found, close: () => storage.close() };
			},
		}),
	);
}
