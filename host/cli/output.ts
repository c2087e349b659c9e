import { escapeControls } from './failure.js';

/** Lines are gathered up to this size: a listing of a million names is not a million system calls. */
const GATHER_CHARACTERS = 64 * 1024;

/**
 * What a command gives to standard output: text for people, or JSON for programs. A write fails with `EPIPE` when the reader
 * is gone. Whoever writes lines flushes at the end.
 */
export class Output {
	/** Whether results are JSON. */
	readonly isJson: boolean;
	readonly #stream: NodeJS.WriteStream;
	#gathered: string[] = [];
	#characters = 0;

	constructor(stream: NodeJS.WriteStream, isJson: boolean) {
		this.isJson = isJson;
		this.#stream = stream;
		// Every write is awaited and learns of its failure there; without a listener the same failure would end the process.
		stream.on('error', () => undefined);
	}

	async line(text: string): Promise<void> {
		this.#gathered.push(text, '\n');
		this.#characters += text.length + 1;
		if (this.#characters >= GATHER_CHARACTERS) await this.flush();
	}

	/** One JSON document, on a line of its own. */
	async json(value: unknown): Promise<void> {
		await this.line(JSON.stringify(value));
	}

	/** Bytes as they are. */
	async bytes(bytes: Uint8Array): Promise<void> {
		await this.flush();
		await this.#write(bytes);
	}

	async flush(): Promise<void> {
		const text = this.#gathered.join('');
		this.#gathered = [];
		this.#characters = 0;
		if (text !== '') await this.#write(text);
	}

	/** A path as it may be shown: as it is in a pipe, without control characters on a terminal, which would obey them. */
	path(path: string): string {
		return this.#stream.isTTY ? escapeControls(path) : path;
	}

	#write(content: string | Uint8Array): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#stream.write(content, (error) => (error ? reject(error) : resolve()));
		});
	}
}
