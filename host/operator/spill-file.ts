import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../errors.js';
import { ignoreFailure } from './ignore-failure.js';

// A listing that is dropped in the middle never closes its file.
const registry = new FinalizationRegistry<number>((fd) => {
	try {
		closeSync(fd);
	} catch (error) {
		ignoreFailure(error);
	}
});

/** A file that has lost its name as soon as it was made: whatever happens to this process, nothing of it stays. */
export class SpillFile {
	readonly #fd: number;
	/** Where the next run begins. */
	start = 0;

	constructor() {
		const path = join(tmpdir(), `holdfast-${randomUUID()}.listing`);
		try {
			this.#fd = openSync(path, 'wx+', 0o600);
			registry.register(this, this.#fd, this);
			unlinkSync(path);
		} catch (error) {
			throw spillError(error);
		}
	}

	append(bytes: Buffer): void {
		try {
			for (let done = 0; done < bytes.length; ) {
				const count = writeSync(this.#fd, bytes, done, bytes.length - done, this.start);
				// That is how a full disk looks.
				if (count === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
				done += count;
				this.start += count;
			}
		} catch (error) {
			throw spillError(error);
		}
	}

	read(into: Buffer, position: number): void {
		try {
			for (let done = 0; done < into.length; ) {
				const count = readSync(this.#fd, into, done, into.length - done, position + done);
				if (count === 0) throw new Error('the file became shorter');
				done += count;
			}
		} catch (error) {
			throw spillError(error);
		}
	}

	close(): void {
		registry.unregister(this);
		closeSync(this.#fd);
	}
}

function spillError(cause: unknown): HoldfastError {
	const isFull = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
	const reason = cause instanceof Error ? cause.message : String(cause);
	const advice = `free room in '${tmpdir()}', set TMPDIR to another place, or use 'lister', which needs no order`;
	const message = `the names are too many to be sorted in memory, and the temporary file failed (${reason}); ${advice}`;
	return new HoldfastError(isFull ? 'StorageFull' : 'Unexpected', message, { operation: 'list', cause });
}
