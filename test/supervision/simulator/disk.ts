import { ERRNO_BADF, ERRNO_NOENT } from '#assembly/layout';
import type { DescriptorTable } from '#host/wasi/descriptor-table';
import type { Files } from '#host/wasi/files';

/** What an open descriptor stands for; it goes on when its name is taken away. */
export interface SimulatedFile {
	/** Tokens that were written to it, in order. */
	tokens: string[];
}

interface Version {
	readonly text: string;
	readonly fromMs: number;
}

/**
 * The world's one disk. Numbers of open files are used again at once, the lowest first, as an operating system does it: whoever
 * writes to a number that was closed writes to somebody else's file.
 */
export class Disk {
	readonly #names = new Map<string, SimulatedFile>();
	readonly #open: (SimulatedFile | undefined)[] = [];
	readonly #versions = new Map<string, Version[]>();
	readonly #effects = new Map<string, number>();
	readonly #nowMs: () => number;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	/** How often what this token stands for has happened. */
	effects(token: string): number {
		return this.#effects.get(token) ?? 0;
	}

	names(): string[] {
		return [...this.#names.keys()];
	}

	get openFiles(): number {
		return this.#open.filter((file) => file !== undefined).length;
	}

	/** What stands under a name: its tokens; undefined when there is nothing. */
	text(path: string): string | undefined {
		return this.#names.get(path)?.tokens.join('');
	}

	/** Every text that stood under a name since a time; `''` for nothing. */
	textsSince(path: string, fromMs: number): Set<string> {
		const versions = this.#versions.get(path) ?? [{ text: '', fromMs: 0 }];
		const before = versions.filter((version) => version.fromMs <= fromMs).at(-1) ?? { text: '', fromMs: 0 };
		return new Set([before, ...versions.filter((version) => version.fromMs > fromMs)].map((version) => version.text));
	}

	openPath(path: string): number {
		const file = this.#names.get(path);
		return file === undefined ? -ERRNO_NOENT : this.#enter(file);
	}

	create(path: string): number {
		const file = { tokens: [] };
		this.#names.set(path, file);
		return this.#enter(file);
	}

	openOrCreate(path: string): number {
		const file = this.#names.get(path);
		if (file !== undefined) return this.#enter(file);
		const number = this.create(path);
		this.#note(path);
		return number;
	}

	file(number: number): SimulatedFile | undefined {
		return this.#open[number];
	}

	/** Writes at the end of an open file, whichever stands behind the number by now. */
	write(number: number, token: string): number {
		const file = this.#open[number];
		if (file === undefined) return -ERRNO_BADF;
		file.tokens.push(token);
		for (const [path, named] of this.#names) if (named === file) this.#note(path);
		return 0;
	}

	close(number: number): void {
		this.#open[number] = undefined;
	}

	rename(source: string, target: string): number {
		const file = this.#names.get(source);
		if (file === undefined) return -ERRNO_NOENT;
		this.#names.delete(source);
		this.#names.set(target, file);
		this.#note(target);
		return 0;
	}

	unlink(path: string): number {
		if (!this.#names.delete(path)) return -ERRNO_NOENT;
		this.#note(path);
		return 0;
	}

	/** What a token stands for has happened. */
	count(token: string): void {
		this.#effects.set(token, this.effects(token) + 1);
	}

	/** The host thread's way to it, as a pool needs it: it has no directories, and so no locks. */
	hostFiles(table: DescriptorTable): Pick<Files, 'unlink' | 'open' | 'removeDirectory' | 'close'> {
		return {
			unlink: (_root, path) => this.unlink(path),
			open: () => -ERRNO_NOENT,
			removeDirectory: () => -ERRNO_NOENT,
			close: (fd) => {
				const number = table.remove(fd);
				if (number < 0) return -ERRNO_BADF;
				this.close(number);
				return 0;
			},
		};
	}

	#enter(file: SimulatedFile): number {
		const free = this.#open.indexOf(undefined);
		const number = free < 0 ? this.#open.length : free;
		this.#open[number] = file;
		return number;
	}

	#note(path: string): void {
		const versions = this.#versions.get(path) ?? [{ text: '', fromMs: 0 }];
		versions.push({ text: this.text(path) ?? '', fromMs: this.#nowMs() });
		this.#versions.set(path, versions);
	}
}
