import type { Operator } from 'holdfast';

/** What a service's operator is opened with, on top of what the service needs itself. */
export type OpenOptions = Record<string, string | number>;

/**
 * A service that the behaviour suite runs over. Everything that the suite knows about how operators come to be is here, so
 * that it runs unchanged over another pool, another WASI host or another runtime.
 */
export interface ServiceUnderTest {
	readonly name: string;
	/** Opens an empty store. */
	open(options?: OpenOptions): Promise<Opened>;
	/** The same through `Operator.fromUri`. */
	openUri(): Promise<Opened>;
}

/** An operator over an empty store, and what the suite needs beside it. */
export interface Opened {
	readonly op: Operator;
	/** The real directory behind the root; null where there is none. */
	readonly root: string | null;
	/** Looks at and changes the root behind the operator's back; null where that is impossible. */
	readonly outside: Outside | null;
	/** A further operator over the same content, which `dispose` closes too; null where content belongs to one operator. */
	readonly again: (() => Operator) | null;
	/** Closes the operators and removes everything. */
	dispose(): Promise<void>;
}

/** Another program that works in the same root. Paths are relative to the root. */
export interface Outside {
	makeDirectory(path: string): void;
	write(path: string, content: Uint8Array | string): void;
	read(path: string): Uint8Array;
	exists(path: string): boolean;
	/** Every name in a directory, temporary and hidden ones included, in no order. */
	names(path: string): string[];
	rename(from: string, to: string): void;
	/** Removes a file or a whole directory. */
	remove(path: string): void;
	symlink(target: string, path: string): void;
	isSymlink(path: string): boolean;
	fifo(path: string): void;
	/** Permission bits, such as 0o640. */
	mode(path: string): number;
	setMode(path: string, mode: number): void;
	/** Takes every permission away; false when this process is permitted everything anyway. */
	deny(path: string): boolean;
	owner(path: string): number;
	/** False when this process may not give files away. */
	setOwner(path: string, owner: number): boolean;
	/** A file beside the root, which nothing may reach; its absolute path. */
	secret(content: string): string;
}
