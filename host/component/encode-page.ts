import type { Entry } from '#component/interfaces/holdfast-storage-store';
import {
	FILESTAT_FILETYPE,
	FILESTAT_INODE,
	FILESTAT_MTIME,
	FILESTAT_SIZE,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	LIST_ENTRY_KIND,
	LIST_ENTRY_NAME,
	LIST_ENTRY_NAME_BYTES,
	LIST_ENTRY_STAT,
} from '../../assembly/layout.js';

const ALIGNMENT = 8;

/** A page of entries as the engine lays it out; see `LIST_ENTRY_` in `assembly/layout.ts`. */
export function encodePage(entries: readonly Entry[]): Buffer {
	return Buffer.concat(entries.map(encodeEntry));
}

function encodeEntry({ name, metadata }: Entry): Buffer {
	const bytes = Buffer.from(name, 'utf8');
	const entry = Buffer.alloc(Math.ceil((LIST_ENTRY_NAME + bytes.length) / ALIGNMENT) * ALIGNMENT);
	const kind = metadata.kind === 'directory' ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE;
	entry.writeUInt32LE(kind, LIST_ENTRY_STAT + FILESTAT_FILETYPE);
	entry.writeBigUInt64LE(metadata.inode, LIST_ENTRY_STAT + FILESTAT_INODE);
	entry.writeBigUInt64LE(metadata.size, LIST_ENTRY_STAT + FILESTAT_SIZE);
	entry.writeBigUInt64LE(metadata.modifiedNs, LIST_ENTRY_STAT + FILESTAT_MTIME);
	entry.writeUInt32LE(kind, LIST_ENTRY_KIND);
	entry.writeUInt32LE(bytes.length, LIST_ENTRY_NAME_BYTES);
	bytes.copy(entry, LIST_ENTRY_NAME);
	return entry;
}
