import { Presets, SingleBar } from 'cli-progress';
import { formatCount, formatRate } from './format.js';

/** How wide the bar is; the rest of a line of 80 characters is for words. */
const BAR_CHARACTERS = 24;
/** A file counts as this many bytes more than it has: a thousand empty files are work, too. */
const FILE_WEIGHT_BYTES = 4096;

/** The size of some work on files. */
export interface Work {
	readonly files: number;
	readonly bytes: number;
}

/** Shows how far some work on files has come: a bar on a terminal, nothing elsewhere. It is stopped whatever happens. */
export class Progress {
	readonly #work: Work;
	readonly #bar: SingleBar | undefined;
	readonly #startMs = performance.now();
	#files = 0;
	#bytes = 0;

	constructor(title: string, work: Work, stream: NodeJS.WriteStream = process.stderr) {
		this.#work = work;
		if (!stream.isTTY) return;
		this.#bar = new SingleBar(
			{
				format: `${title} {bar} {percentage}%  {files} files  {rate}`,
				stream,
				barsize: BAR_CHARACTERS,
				clearOnComplete: true,
				// Lines are cut to the width of the terminal; switching its wrapping off would outlast a kill.
				linewrap: true,
			},
			Presets.shades_classic,
		);
		this.#bar.start(Math.max(1, weigh(work)), 0, this.#words());
	}

	/** Some bytes of a file are done. */
	addBytes(count: number): void {
		this.#bytes += count;
		this.#show();
	}

	/** A file is done. */
	addFile(): void {
		this.#files++;
		this.#show();
	}

	/** So much is done by now. */
	moveTo({ files, bytes }: Work): void {
		this.#files = files;
		this.#bytes = bytes;
		this.#show();
	}

	stop(): void {
		this.#bar?.stop();
	}

	#show(): void {
		this.#bar?.update(weigh({ files: this.#files, bytes: this.#bytes }), this.#words());
	}

	#words(): Record<string, string> {
		return {
			files: `${formatCount(this.#files)}/${formatCount(this.#work.files)}`,
			rate: formatRate(this.#bytes, performance.now() - this.#startMs),
		};
	}
}

function weigh({ files, bytes }: Work): number {
	return bytes + files * FILE_WEIGHT_BYTES;
}
