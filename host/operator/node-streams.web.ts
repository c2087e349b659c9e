import { HoldfastError } from '../errors.js';

// Node's streams are Node's: here the Web streams of readers and writers do their work.

/** Always `Unsupported`. */
export class ReadStream {
	constructor() {
		throw withoutNodeStreams('createReadStream', 'readableWebStream()');
	}
}

/** Always `Unsupported`. */
export class WriteStream {
	constructor() {
		throw withoutNodeStreams('createWriteStream', 'writableWebStream()');
	}
}

function withoutNodeStreams(operation: string, instead: string): HoldfastError {
	return new HoldfastError('Unsupported', `this platform has no streams of node:stream; use ${instead}`, { operation });
}
