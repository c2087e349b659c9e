import { HoldfastError } from '../errors.js';

/** There is no temporary file to go to: what does not fit the memory for sorting cannot be put in order. */
export class SpillFile {
	readonly start = 0;

	constructor() {
		const message = "the names are too many to be sorted in memory; use 'lister', which needs no order";
		throw new HoldfastError('StorageFull', message, { operation: 'list' });
	}

	append(): void {}

	read(): void {}

	close(): void {}
}
