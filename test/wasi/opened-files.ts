import { closeSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILETYPE_DIRECTORY, OFLAGS_CREAT, OFLAGS_TRUNC } from '#assembly/layout';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { DirectoryEvents } from '#host/wasi/directory-events';
import { Access } from '#host/wasi/files';
import { EPOCH_WORDS } from '#host/wasi/files-context';
import { NodeFiles } from '#host/wasi/node-files';

const DESCRIPTORS = 4096;

/** A directory of real files with a root descriptor, and a thread's way to it. */
export interface OpenedFiles {
	readonly files: NodeFiles;
	readonly events: DirectoryEvents | undefined;
	readonly table: DescriptorTable;
	readonly epoch: Int32Array;
	readonly root: number;
	/** Holds `root` and whatever a test puts outside. */
	readonly base: string;
	/** Path of the root. */
	readonly path: string;
	/** Another thread's way to the same files, table and epoch. */
	another(): NodeFiles;
	/** Closes everything and removes the directory. */
	close(): void;
}

/** With `thresholds` the first thread's way is told of changes, and others ask. */
export function openFilesIn(
	prepare: (base: string) => string,
	thresholds?: DirectoryEvents['thresholds'],
): OpenedFiles {
	const base = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
	const path = prepare(base);
	const table = new DescriptorTable(new SharedArrayBuffer(DescriptorTable.bytes(DESCRIPTORS)), 0, 1);
	const epoch = new Int32Array(new SharedArrayBuffer(4 * EPOCH_WORDS));
	const all: NodeFiles[] = [];
	const events = thresholds && new DirectoryEvents(epoch, thresholds);
	const another = (options?: { events: DirectoryEvents | undefined }) => {
		const files = new NodeFiles({ table, epoch, shared: undefined }, options);
		files.batch();
		all.push(files);
		return files;
	};
	const resource = openSync(path, 'r');
	const root = table.insert(resource, FILETYPE_DIRECTORY);
	return {
		files: another({ events }),
		events,
		table,
		epoch,
		root,
		base,
		path,
		another: () => another(),
		close() {
			for (const files of all) files.dispose();
			if (table.remove(root) >= 0) closeSync(resource);
			rmSync(base, { recursive: true, force: true });
		},
	};
}

/** Writes a file as a whole; 0 or a negated errno. */
export function put({ files, root }: OpenedFiles, path: string, content: string): number {
	const fd = files.open(root, path, OFLAGS_CREAT | OFLAGS_TRUNC, Access.write);
	if (fd < 0) return fd;
	const count = files.write(fd, Buffer.from(content, 'latin1'), 0);
	const closed = files.close(fd);
	return count < 0 ? count : closed;
}

/** The content of a file, or a negated errno. */
export function get({ files, root }: OpenedFiles, path: string): string | number {
	const fd = files.open(root, path, 0, Access.read);
	if (fd < 0) return fd;
	const size = files.size(fd);
	const bytes = Buffer.alloc(Math.max(size, 0) + 1);
	const count = size < 0 ? size : files.read(fd, bytes, 0);
	files.close(fd);
	return count < 0 ? count : bytes.toString('latin1', 0, count);
}

/** What every open descriptor of this process stands for. */
export function openDescriptors(): string[] {
	return readdirSync('/proc/self/fd').flatMap((fd) => {
		try {
			return [readlinkSync(`/proc/self/fd/${fd}`)];
		} catch (error) {
			// The descriptor of this listing itself is gone by now.
			if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
			return [];
		}
	});
}

/** How many of them lie in a directory, or did. */
export function descriptorsIn(base: string): number {
	return openDescriptors().filter((link) => link.startsWith(base)).length;
}
