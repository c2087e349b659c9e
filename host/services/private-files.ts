import { invalid, parseString } from '../config.js';
import { PrivateStorage } from '../tree/private-storage.js';
import type { TreeService } from './tree-store.js';

/** All stores of an origin are in this directory of its private file system. */
const DIRECTORY = 'holdfast';
const NAME = /^[\w-]{1,64}$/;

/**
 * A store in the origin private file system, opened in this thread, which must be a worker. `name` tells it from other stores of
 * the origin. `Unexpected` while another tab or worker has it open.
 */
export async function openPrivateService(name: string): Promise<TreeService> {
	const top = await navigator.storage.getDirectory();
	const all = await top.getDirectoryHandle(DIRECTORY, { create: true });
	const directory = await all.getDirectoryHandle(parseName(name), { create: true });
	let wake: () => void = () => undefined;
	const { storage, found } = await PrivateStorage.open(directory, () => wake());
	return {
		mayPark: true,
		volatile: false,
		open(ready) {
			wake = ready;
			return { storage, found, close: () => storage.close() };
		},
	};
}

/** The name of a store: also that of a directory, so only what every system can hold. */
export function parseName(given: unknown): string {
	const name = parseString('name', given ?? 'default');
	if (!NAME.test(name)) throw invalid('name', name, 'letters, digits, _ and -, at most 64');
	return name;
}
