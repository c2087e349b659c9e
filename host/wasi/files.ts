/**
 * The one interface between the engine and whoever answers its WASI calls: real files, memory, a browser's files.
 *
 * It is WASI preview 1 with the pointers taken out: `preview1.ts` does that once for every implementation. Each
 * implementation lives in a file of its own and knows of no other.
 *
 * Conventions:
 * - Every call returns a number: `>= 0` is the result (descriptor, count, or 0), `< 0` is the negated WASI errno
 *   (`-ERRNO_NOENT`). Nothing is thrown for anything that a path, a descriptor or a disk can cause.
 * - A path is a *byte string*: one character (0 to 255) per byte of its UTF-8 form, without a leading slash. It is
 *   relative to a directory descriptor; `''` and `'.'` name that directory itself. Components `..` and
 *   empty ones are refused with `ERRNO_NOTCAPABLE` and `ERRNO_INVAL`.
 * - No call ever follows a symlink (`STATUS_SYMLINK`) or opens anything but regular files and directories
 *   (`STATUS_SPECIAL`), and none leaves the directory it was given.
 * - A call may answer `-ERRNO_AGAIN`: the engine parks the request and repeats the same call later.
 */
export interface Files {
	/** A new batch of requests begins: what was found out about the outside world before may be stale. */
	batch(): void;
	/** Whether something is kept for a while that a later batch gives up: then one comes within a second, though no request does. */
	readonly isKeeping?: boolean;
	/** Whether something is to be freed by the event loop of the thread, which has no turn while an engine runs there. */
	readonly needsTurn?: boolean;
	/** Opens a regular file or a directory; `oflags` are WASI's `OFLAGS_`. Gives a descriptor. */
	open(directory: number, path: string, oflags: number, access: Access): number;
	close(fd: number): number;
	/** Reads at a position into `bytes`, which may be a view of shared memory; the count may be short, 0 at the end. */
	read(fd: number, bytes: Uint8Array, position: number): number;
	/** Writes at a position; the count may be short. */
	write(fd: number, bytes: Uint8Array, position: number): number;
	/** Writes at the end, in one piece as far as the platform can; the descriptor was opened with `Access.append`. */
	append(fd: number, bytes: Uint8Array): number;
	/**
	 * The whole of a regular file, from its beginning into `bytes`: the count. Of a file that is not smaller than `bytes` it is
	 * `-ERRNO_FBIG`, and the file stays open: `larger` has its descriptor. Optional: without it a file is opened, read and closed.
	 */
	readWhole?(directory: number, path: string, bytes: Uint8Array): number;
	/** Descriptor of the file that did not fit. */
	readonly larger?: number;
	/** Size of an open regular file in bytes. `ERRNO_ISDIR` for a directory. Must not cost a system call right after `open`. */
	size(fd: number): number;
	/** `FILETYPE_REGULAR_FILE` or `FILETYPE_DIRECTORY`. Costs no system call. */
	kind(fd: number): number;
	stat(fd: number, into: FileStat): number;
	/** Never follows a symlink: the stat is that of the link, and succeeds. */
	statPath(directory: number, path: string, into: FileStat): number;
	truncate(fd: number, size: number): number;
	/** Sets the time of the last change of an open file, in nanoseconds since 1970. May answer `ERRNO_NOSYS`. */
	setModified(fd: number, modifiedNs: bigint): number;
	/** fsync of a file or a directory. */
	sync(fd: number): number;
	/**
	 * `sync` of this descriptor comes soon, with nothing written to it in between: it may begin. Optional: for implementations that can
	 * make several side by side.
	 */
	syncSoon?(fd: number): number;
	/** Makes durable that the directory at `path` exists, whoever made it. May answer `ERRNO_NOSYS`. */
	settle(directory: number, path: string): number;
	createDirectory(directory: number, path: string): number;
	/** `ERRNO_NOTEMPTY` when there is something in it. */
	removeDirectory(directory: number, path: string): number;
	/** Removes a name that is not a directory; a symlink or a special file may be removed by its name. */
	unlink(directory: number, path: string): number;
	/**
	 * The path without symlinks that a path stands for, as a byte string, or a negated errno: each symlink on the way is followed,
	 * and the one at its end if `followsLast`. `-STATUS_SYMLINK` when that leaves the directory. What does not exist stays as it is
	 * written. Absent where there are no symlinks, or where none can be followed.
	 */
	resolve?(directory: number, path: string, followsLast: boolean): string | number;
	/** Replaces an existing file atomically. */
	rename(source: number, sourcePath: string, target: number, targetPath: string): number;
	/** A second name for a regular file, or for a symlink itself; `ERRNO_EXIST` when the target exists, decided atomically. */
	link(source: number, sourcePath: string, target: number, targetPath: string): number;
	/**
	 * Calls `visit` for the entries after `cookie` (0: from the beginning) until it returns false; that entry counts as not
	 * seen. `.` and `..` are left out. Memory use does not grow with the size of the directory.
	 */
	readDirectory(fd: number, cookie: number, visit: VisitEntry): number;
	/**
	 * The same with what stat says of each entry; one that was removed meanwhile is left out. Optional: without it, whoever wants both
	 * asks for the entries and then for each.
	 */
	listDirectory?(fd: number, cookie: number, visit: VisitListed): number;
	/**
	 * What stat says of names in the directory at a path, if that has this inode; else `-ERRNO_NOENT`. Calls `visit` with what looks at a name, and
	 * gives what that gives. Optional: without it nobody may ask.
	 */
	describe?(directory: number, path: string, inode: bigint, visit: VisitNames): number;
	/** Gives an open new file the mode, and where permitted the owner, of the existing file at `path`. May answer `ERRNO_NOSYS`. */
	adopt(fd: number, directory: number, path: string): number;
	/** Makes the content of `target` share that of `source` (reflink). `ERRNO_NOTSUP` where the file system cannot. */
	clone(source: number, target: number): number;
	/**
	 * Host thread only: the instance with this number (`DescriptorTable.owner`) has ended and runs no more; what it held, such as
	 * a lock, is free. Its descriptors are closed one by one beside this.
	 */
	releaseDeadOwner?(owner: number): void;
}

/** What a file is opened for. `append` writes only at the end. */
export const Access = { read: 0, write: 1, append: 2 } as const;
export type Access = (typeof Access)[keyof typeof Access];

/** `next` is the cookie that continues after this entry; `kind` is a `FILETYPE_`. */
export type VisitEntry = (name: string, kind: number, inode: bigint, next: number) => boolean;

/** `describe` fills in what stat says of the entry, and is asked only when there is room for it; false: it is not there any more. */
export type VisitListed = (name: string, describe: (into: FileStat) => boolean, next: number) => boolean;

/** Looks at as many names as it likes. `look` gives 0 or a negated errno. */
export type VisitNames = (look: (name: string, into: FileStat) => number) => number;

/** WASI's filestat. Times are nanoseconds since 1970. One instance is used again and again: calls fill it. */
export class FileStat {
	device = 0n;
	inode = 0n;
	kind = 0;
	links = 0n;
	size = 0n;
	accessedNs = 0n;
	modifiedNs = 0n;
	changedNs = 0n;
}
