import {
	FILESTAT_ATIME,
	FILESTAT_CTIME,
	FILESTAT_DEVICE,
	FILESTAT_FILETYPE,
	FILESTAT_INODE,
	FILESTAT_LINKS,
	FILESTAT_MTIME,
	FILESTAT_SIZE,
} from '../../assembly/layout.js';
import type { FileStat } from './files.js';

/** A WASI filestat. */
export function decodeStat(numbers: DataView, address: number): FileStat {
	const long = (offset: number) => numbers.getBigUint64(address + offset, true);
	return {
		device: long(FILESTAT_DEVICE),
		inode: long(FILESTAT_INODE),
		kind: numbers.getUint8(address + FILESTAT_FILETYPE),
		links: long(FILESTAT_LINKS),
		size: long(FILESTAT_SIZE),
		accessedNs: long(FILESTAT_ATIME),
		modifiedNs: long(FILESTAT_MTIME),
		changedNs: long(FILESTAT_CTIME),
	};
}
