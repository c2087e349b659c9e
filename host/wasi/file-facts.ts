import { fstatSync } from 'node:fs';
import { fillStat } from './file-kind.js';
import { FileStat } from './files.js';
import { isOld } from './place-witness.js';

const BIGINT = { bigint: true } as const;

/**
 * What stat says of one open file, again and again. To have nanoseconds takes BigInts, which take longer to make than the kernel takes to
 * answer; a file whose change time is what it was, and was old then, is what it was in every other respect too.
 */
export class FileFacts {
	readonly #stat = new FileStat();
	/** Milliseconds since 1970; NaN: it could change again and keep that time. */
	#changedMs = Number.NaN;
	#accessedMs = Number.NaN;

	/** Throws what the platform throws. */
	fill(resource: number, into: FileStat): void {
		const { ctimeMs, atimeMs } = fstatSync(resource);
		if (ctimeMs === this.#changedMs && atimeMs === this.#accessedMs) {
			Object.assign(into, this.#stat);
			return;
		}
		const stats = fstatSync(resource, BIGINT);
		fillStat(into, stats);
		Object.assign(this.#stat, into);
		// Had it changed between the two looks, the time of the second would not be old.
		this.#changedMs = isOld(Number(stats.ctimeMs)) ? ctimeMs : Number.NaN;
		this.#accessedMs = atimeMs;
	}
}
