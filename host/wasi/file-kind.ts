import { type BigIntStats, constants, lstatSync, type Stats } from 'node:fs';
import {
	ERRNO_ISDIR,
	FILETYPE_BLOCK_DEVICE,
	FILETYPE_CHARACTER_DEVICE,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_SOCKET_STREAM,
	FILETYPE_SYMBOLIC_LINK,
	FILETYPE_UNKNOWN,
	STATUS_SPECIAL,
	STATUS_SYMLINK,
} from '../../assembly/layout.js';
import { errnoOf } from './errno.js';
import type { FileStat } from './files.js';

const QUIET = { throwIfNoEntry: false } as const;

/** Copies what the platform says of a file into WASI's form. */
export function fillStat(into: FileStat, stats: BigIntStats): void {
	into.device = stats.dev;
	into.inode = stats.ino;
	into.kind = kindOf(Number(stats.mode) & constants.S_IFMT);
	into.links = stats.nlink;
	into.size = stats.size;
	into.accessedNs = wasiTime(stats.atimeNs);
	into.modifiedNs = wasiTime(stats.mtimeNs);
	into.changedNs = wasiTime(stats.ctimeNs);
}

/** WASI's times have no sign: taken as they are, those before 1970 would come after all others. */
function wasiTime(ns: bigint): bigint {
	return ns < 0n ? 0n : ns;
}

/** The status that says why something is not a regular file. */
export function notAFile(stats: Stats): number {
	if (stats.isDirectory()) return ERRNO_ISDIR;
	return stats.isSymbolicLink() ? STATUS_SYMLINK : STATUS_SPECIAL;
}

/** Whether a name is that of a symlink now: tells errors apart, decides nothing. */
export function isSymlink(location: string | Buffer): boolean {
	try {
		return lstatSync(location, QUIET)?.isSymbolicLink() ?? false;
	} catch (error) {
		// What cannot be looked at is not known to be one.
		errnoOf(error);
		return false;
	}
}

function kindOf(type: number): number {
	switch (type) {
		case constants.S_IFREG:
			return FILETYPE_REGULAR_FILE;
		case constants.S_IFDIR:
			return FILETYPE_DIRECTORY;
		case constants.S_IFLNK:
			return FILETYPE_SYMBOLIC_LINK;
		case constants.S_IFBLK:
			return FILETYPE_BLOCK_DEVICE;
		case constants.S_IFCHR:
			return FILETYPE_CHARACTER_DEVICE;
		case constants.S_IFSOCK:
			return FILETYPE_SOCKET_STREAM;
		default:
			return FILETYPE_UNKNOWN;
	}
}
