import { createHash } from 'node:crypto';
import { FILETYPE_DIRECTORY, OFLAGS_CREAT, OFLAGS_DIRECTORY, OFLAGS_TRUNC } from '#assembly/layout';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { Access, type Files } from '#host/wasi/files';
import { EPOCH_WORDS } from '#host/wasi/files-context';
import { createMemoryStore, MemoryFiles } from '#host/wasi/memory-files';

/** A memory store with one root, opened on this thread; `share` is what another thread needs to open it too. */
export interface OpenedStore {
	readonly files: MemoryFiles;
	readonly table: DescriptorTable;
	readonly rootInode: number;
	readonly root: number;
	/** Bytes in use before the root was made. */
	readonly emptyBytes: number;
	readonly share: StoreShare;
}

/** What can be tested of whatever keeps files: an implementation, and the descriptor of its root. */
export interface FilesOfStore {
	readonly files: Files;
	readonly root: number;
}

export interface StoreShare {
	readonly shared: SharedArrayBuffer;
	readonly table: SharedArrayBuffer;
	readonly partitions: number;
	readonly epoch: SharedArrayBuffer;
	readonly root: number;
}

const DESCRIPTORS = 4096;
const DIGEST_BYTES = 200;
const HOST_PARTITION = 0;

export function openStore(
	options: { maximumBytes?: number; partitions?: number; now?: () => number } = {},
): OpenedStore {
	const partitions = options.partitions ?? 1;
	const tableBuffer = new SharedArrayBuffer(DescriptorTable.bytes(DESCRIPTORS));
	const table = new DescriptorTable(tableBuffer, HOST_PARTITION, partitions);
	const epoch = new SharedArrayBuffer(4 * EPOCH_WORDS);
	const shared = createMemoryStore({ maximumBytes: options.maximumBytes ?? 64 * 1024 ** 2 });
	const files = new MemoryFiles({ table, shared, epoch: new Int32Array(epoch) }, options.now);
	const emptyBytes = files.usedBytes();
	const rootInode = files.createRoot();
	const root = table.insert(rootInode, FILETYPE_DIRECTORY);
	return { files, table, rootInode, root, emptyBytes, share: { shared, table: tableBuffer, partitions, epoch, root } };
}

/** A second store with the same content, descriptors included. */
export function copyStore(store: OpenedStore): OpenedStore {
	const { shared, table: tableBuffer, epoch, partitions } = store.share;
	const share = {
		...store.share,
		shared: new SharedArrayBuffer(shared.byteLength, { maxByteLength: shared.maxByteLength }),
		table: new SharedArrayBuffer(tableBuffer.byteLength),
		epoch: new SharedArrayBuffer(epoch.byteLength),
	};
	new Uint8Array(share.shared).set(new Uint8Array(shared));
	new Uint8Array(share.table).set(new Uint8Array(tableBuffer));
	const table = new DescriptorTable(share.table, HOST_PARTITION, partitions);
	const files = new MemoryFiles({ table, shared: share.shared, epoch: new Int32Array(share.epoch) });
	return { ...store, files, table, share };
}

/** Writes a file as a whole and gives its size. */
export function put({ files, root }: OpenedStore, path: string, bytes: Uint8Array | string): number {
	const fd = files.open(root, path, OFLAGS_CREAT | OFLAGS_TRUNC, Access.write);
	if (fd < 0) return fd;
	const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
	const count = files.write(fd, data, 0);
	files.close(fd);
	return count;
}

/** The content of a file, or a negated errno. */
export function get({ files, root }: FilesOfStore, path: string): Uint8Array | number {
	const fd = files.open(root, path, 0, Access.read);
	if (fd < 0) return fd;
	const bytes = getOpen({ files }, fd);
	files.close(fd);
	return bytes;
}

export function getOpen({ files }: Pick<FilesOfStore, 'files'>, fd: number): Uint8Array | number {
	const size = files.size(fd);
	if (size < 0) return size;
	// Room for more than there should be, so that a read past the end shows.
	const bytes = new Uint8Array(size + 16);
	const count = files.read(fd, bytes, 0);
	return count < 0 ? count : bytes.subarray(0, count);
}

export function text(store: FilesOfStore, path: string): string | number {
	const bytes = get(store, path);
	return typeof bytes === 'number' ? bytes : Buffer.from(bytes).toString('latin1');
}

/** Names in a directory, in its order. */
export function list({ files, root }: FilesOfStore, path = ''): string[] | number {
	const fd = files.open(root, path, OFLAGS_DIRECTORY, Access.read);
	if (fd < 0) return fd;
	const names: string[] = [];
	const result = files.readDirectory(fd, 0, (name) => names.push(name) > 0);
	files.close(fd);
	return result < 0 ? result : names;
}

/** Everything below a directory, as lines that can be compared: `path/` or `path: content`, or a digest if that is long. */
export function dump(store: OpenedStore, path = ''): string[] {
	const lines: string[] = [];
	const names = list(store, path);
	if (typeof names === 'number') throw new Error(`listing ${path} gave ${names}`);
	for (const name of names.sort()) {
		const child = path === '' ? name : `${path}/${name}`;
		const content = text(store, child);
		if (typeof content === 'string')
			lines.push(`${child}: ${content.length > DIGEST_BYTES ? digest(content) : content}`);
		else lines.push(`${child}/`, ...dump(store, child));
	}
	return lines;
}

function digest(content: string): string {
	return `${content.length} bytes, ${createHash('sha1').update(content, 'latin1').digest('hex')}`;
}

/** Removes the root and says how many bytes are in use more than before it was made. */
export function removeAll({ files, rootInode, root, emptyBytes }: OpenedStore): number {
	files.removeRoot(rootInode);
	files.close(root);
	return files.usedBytes() - emptyBytes;
}

/** Compares at the speed of memory; `toEqual` takes seconds for a large array. */
export function expectBytes(actual: Uint8Array | number, expected: Uint8Array): void {
	if (typeof actual === 'number') throw new Error(`the read gave ${actual}`);
	if (Buffer.compare(actual, expected) === 0) return;
	const at = expected.findIndex((byte, index) => byte !== actual[index]);
	throw new Error(
		`${actual.length} bytes for ${expected.length}, first difference at ${at < 0 ? expected.length : at}`,
	);
}

/** `length` bytes that differ from place to place and from seed to seed. */
export function pattern(length: number, seed = 1): Uint8Array {
	const bytes = new Uint8Array(length);
	for (let at = 0, state = seed | 1; at < length; at++) {
		state = (Math.imul(state, 1664525) + 1013904223) | 0;
		bytes[at] = state >>> 24;
	}
	return bytes;
}
