import { HoldfastError } from '../errors.js';
import type { ListedName } from './list-page.js';
import { byOrder, costOf } from './name-order.js';

/** Puts names in the order in which their paths come. There is no temporary file to go to with what does not fit the memory. */
export class SortedNames {
	readonly #memoryBytes: number;
	#names: ListedName[] = [];
	#usedBytes = 0;

	constructor(memoryBytes: number) {
		this.#memoryBytes = memoryBytes;
	}

	add(name: ListedName): void {
		this.#usedBytes += costOf(name);
		if (this.#usedBytes > this.#memoryBytes) {
			const message = "the names are too many to be sorted in memory; use 'lister', which needs no order";
			throw new HoldfastError('StorageFull', message, { operation: 'list' });
		}
		this.#names.push(name);
	}

	/** After the last name: from here on they can be taken. */
	finish(): void {
		this.#names.sort((one, other) => byOrder(other, one));
	}

	/** The next name in order, or `undefined` at the end. */
	take(): ListedName | undefined {
		return this.#names.pop();
	}

	close(): void {
		this.#names = [];
	}
}
