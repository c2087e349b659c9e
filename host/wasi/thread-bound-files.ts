import { closeSync } from 'node:fs';
import { ERRNO_BADF, ERRNO_FBIG, FILETYPE_DIRECTORY, OFLAGS_DIRECTORY } from '../../assembly/layout.js';
import type { DescriptorTable } from './descriptor-table.js';
import { Access, type FileStat, type Files } from './files.js';
import type { FilesContext } from './files-context.js';
import { NodeFiles } from './node-files.js';

/**
 * Real files on Deno, where a descriptor can be used only by the thread that opened it, although its number is that of the operating
 * system. The directory of another thread (a root) is opened anew through its path below `/proc`; a file of another thread counts as
 * closed, because its number may be somebody else's by now. What another thread closes is closed here at the next batch.
 */
export class ThreadBoundFiles extends NodeFiles implements Files {
	readonly #table: DescriptorTable;
	/** What this thread has opened: descriptors, and the platform's. */
	readonly #own = new Map<number, number>();

	constructor(context: FilesContext) {
		// Without files that stay open: they would be looked at through the root's descriptor, which is another thread's.
		super(context, { keptFilesMax: 0 });
		this.#table = context.table;
	}

	override batch(): void {
		super.batch();
		for (const [fd, resource] of this.#own) {
			if (this.#table.resource(fd) === resource) continue;
			this.#own.delete(fd);
			closeSync(resource);
		}
	}

	override open(directory: number, path: string, oflags: number, access: Access): number {
		const fd = super.open(directory, path, oflags, access);
		if (fd >= 0) this.#own.set(fd, this.#table.resource(fd));
		return fd;
	}

	override readWhole(directory: number, path: string, bytes: Uint8Array): number {
		const count = super.readWhole(directory, path, bytes);
		// What did not fit stays open, and was opened here.
		if (count === -ERRNO_FBIG) this.#own.set(this.larger, this.#table.resource(this.larger));
		return count;
	}

	override close(fd: number): number {
		if (this.#own.delete(fd)) return super.close(fd);
		return this.#table.remove(fd) < 0 ? -ERRNO_BADF : 0;
	}

	override read(fd: number, bytes: Uint8Array, position: number): number {
		return this.#own.has(fd) ? super.read(fd, bytes, position) : -ERRNO_BADF;
	}

	override stat(fd: number, into: FileStat): number {
		return this.#inDirectory(fd, (here) => super.stat(here, into));
	}

	override sync(fd: number): number {
		return this.#inDirectory(fd, (here) => super.sync(here));
	}

	#inDirectory(fd: number, act: (here: number) => number): number {
		if (this.#own.has(fd)) return act(fd);
		if (this.#table.kind(fd) !== FILETYPE_DIRECTORY) return -ERRNO_BADF;
		const here = this.open(fd, '.', OFLAGS_DIRECTORY, Access.read);
		if (here < 0) return here;
		try {
			return act(here);
		} finally {
			this.close(here);
		}
	}
}

export function openFiles(context: FilesContext): Files {
	return new ThreadBoundFiles(context);
}
