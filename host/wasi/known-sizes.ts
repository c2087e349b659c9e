import { fstatSync } from 'node:fs';
import { Access } from './files.js';
import { wholeSize } from './whole-size.js';

/** Open readers of which this much is known. */
const READERS_MAX = 4096;

/**
 * What one thread knows of the sizes of open files, so that it need not ask for them again: what a file had when it was opened, good for
 * one question, and how much of a reader's file is whole (see `whole-size.ts`), good for as long as it is read below that.
 */
export class KnownSizes {
	#openedFd = -1;
	#openedBytes = 0;
	// Of the reader that was opened last, and of those that are used longer.
	#readerFd = -1;
	#readerBytes = 0;
	readonly #readers = new Map<number, number>();
	/** Descriptors that an append or its repair goes through: they see what nobody else does yet. */
	readonly #writers = new Set<number>();

	/** A file was opened: its size as that descriptor sees it. */
	opened(fd: number, sizeBytes: number, access: Access): void {
		this.#openedFd = fd;
		this.#openedBytes = sizeBytes;
		if (access === Access.read) {
			this.#readerFd = fd;
			this.#readerBytes = sizeBytes;
		} else if (fd >= 0) {
			this.#writers.add(fd);
		}
	}

	closed(fd: number): void {
		this.changed(fd);
		if (fd === this.#readerFd) this.#readerFd = -1;
		else if (!this.#writers.delete(fd)) this.#readers.delete(fd);
	}

	/** A file was changed through this descriptor. */
	changed(fd: number): void {
		if (fd === this.#openedFd) this.#openedFd = -1;
	}

	/** A new batch: others may have changed what was opened. */
	renew(): void {
		this.#openedFd = -1;
	}

	/** The size that a file was opened with, if this is the first question for it; else -1. */
	take(fd: number): number {
		if (fd !== this.#openedFd) return -1;
		this.#openedFd = -1;
		return this.#openedBytes;
	}

	/** Bytes of an open file as this descriptor sees it, asked for anew. Throws what the platform throws. */
	measure(fd: number, resource: number): number {
		const { nlink, size } = fstatSync(resource);
		return nlink === 1 || this.isWriter(fd) ? size : wholeSize(resource);
	}

	/** Whether an append or its repair goes through this one. */
	isWriter(fd: number): boolean {
		return this.#writers.has(fd);
	}

	/** How much of what was read is whole. Asked after the read: what came may only have become more since. */
	wholeCount(fd: number, resource: number, position: number, count: number): number {
		const known = fd === this.#readerFd ? this.#readerBytes : this.#readers.get(fd);
		if (known !== undefined && position + count <= known) return count;
		const wholeBytes = this.measure(fd, resource);
		if (fd === this.#readerFd) {
			this.#readerBytes = wholeBytes;
		} else {
			if (this.#readers.size >= READERS_MAX) this.#readers.clear();
			this.#readers.set(fd, wholeBytes);
		}
		return Math.max(Math.min(count, wholeBytes - position), 0);
	}
}
