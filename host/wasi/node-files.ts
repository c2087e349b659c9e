import {
	type BigIntStats,
	closeSync,
	constants,
	copyFileSync,
	fchmodSync,
	fchownSync,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	linkSync,
	lstatSync,
	mkdirSync,
	openSync,
	readSync,
	renameSync,
	rmdirSync,
	type Stats,
	unlinkSync,
	writeSync,
} from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
	ERRNO_ACCES,
	ERRNO_BADF,
	ERRNO_BUSY,
	ERRNO_EXIST,
	ERRNO_INVAL,
	ERRNO_ISDIR,
	ERRNO_LOOP,
	ERRNO_MFILE,
	ERRNO_NFILE,
	ERRNO_NOENT,
	ERRNO_NOSYS,
	ERRNO_NOTDIR,
	ERRNO_NOTSUP,
	ERRNO_NXIO,
	ERRNO_PERM,
	ERRNO_TXTBSY,
	ERRNO_XDEV,
	FILETYPE_BLOCK_DEVICE,
	FILETYPE_CHARACTER_DEVICE,
	FILETYPE_DIRECTORY,
	FILETYPE_REGULAR_FILE,
	FILETYPE_SOCKET_STREAM,
	FILETYPE_SYMBOLIC_LINK,
	FILETYPE_UNKNOWN,
	OFLAGS_CREAT,
	OFLAGS_DIRECTORY,
	OFLAGS_EXCL,
	OFLAGS_TRUNC,
	STATUS_SPECIAL,
	STATUS_SYMLINK,
} from '../../assembly/layout.js';
import type { DescriptorTable } from './descriptor-table.js';
import { DirectoryCache } from './directory-cache.js';
import { DirectoryListings } from './directory-listing.js';
import { errnoOf } from './errno.js';
import { isSelf, platformPath } from './file-name.js';
import { Access, type Files, type FileStat, type VisitEntry } from './files.js';
import type { FilesContext, OpenFiles } from './files-context.js';

// O_NONBLOCK: a thread that is blocked in the opening of a FIFO could never be ended. O_NOCTTY: a terminal stays nobody's.
const OPEN_FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const NEW = OFLAGS_CREAT | OFLAGS_EXCL;
const FILE_MODE = 0o666;
const DIRECTORY_MODE = 0o777;
const MODE_BITS = 0o7777;
/** Set-user-id and set-group-id: they are worth something only together with the owner that they were given under. */
const IDENTITY_BITS = 0o6000;
const SAME_ID = -1;
const QUIET = { throwIfNoEntry: false } as const;
const BIGINT = { bigint: true } as const;
const QUIET_BIGINT = { bigint: true, throwIfNoEntry: false } as const;
/** What a file system without reflinks, or a file that may not be opened once more, answers to a clone. */
const NO_CLONE = new Set([ERRNO_ACCES, ERRNO_INVAL, ERRNO_NOSYS, ERRNO_NOTSUP, ERRNO_PERM, ERRNO_TXTBSY, ERRNO_XDEV]);

/**
 * The files of this machine, on Linux. Every path starts from an open directory and is walked without following symlinks; see
 * `DirectoryCache`. Nothing but regular files and directories stays open: what else a name stands for is seen after it was
 * opened without blocking, and closed at once.
 */
export const openFiles: OpenFiles = (context) => new NodeFiles(context);

/** One thread's `Files`. The resource of a descriptor is the platform's descriptor. */
export class NodeFiles implements Files {
	readonly #table: DescriptorTable;
	readonly #epoch: Int32Array;
	readonly #cache: DirectoryCache;
	readonly #listings = new DirectoryListings();
	// The size of the file that was opened last, as the check of its kind found it: good for one question.
	#sizedFd = -1;
	#sizeBytes = 0;

	constructor({ table, epoch }: FilesContext) {
		this.#table = table;
		this.#epoch = epoch;
		this.#cache = new DirectoryCache(table, epoch);
		// A thread that ends in order takes what only it needs along. What a killed one leaves is in the table, under its owner.
		if (!isMainThread) process.once('exit', () => this.close_());
	}
}
