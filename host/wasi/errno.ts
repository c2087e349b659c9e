import { constants } from 'node:os';
import {
	ERRNO_ACCES,
	ERRNO_BADF,
	ERRNO_BUSY,
	ERRNO_DQUOT,
	ERRNO_EXIST,
	ERRNO_FBIG,
	ERRNO_ILSEQ,
	ERRNO_INVAL,
	ERRNO_IO,
	ERRNO_ISDIR,
	ERRNO_LOOP,
	ERRNO_MFILE,
	ERRNO_MLINK,
	ERRNO_NAMETOOLONG,
	ERRNO_NFILE,
	ERRNO_NOENT,
	ERRNO_NOMEM,
	ERRNO_NOSPC,
	ERRNO_NOSYS,
	ERRNO_NOTDIR,
	ERRNO_NOTEMPTY,
	ERRNO_NOTSUP,
	ERRNO_NXIO,
	ERRNO_OVERFLOW,
	ERRNO_PERM,
	ERRNO_ROFS,
	ERRNO_STALE,
	ERRNO_TXTBSY,
	ERRNO_XDEV,
} from '../../assembly/layout.js';

const BY_CODE = new Map<string, number>([
	['EACCES', ERRNO_ACCES],
	// A lease of somebody else (Samba's, say) meets O_NONBLOCK. Not the engine's AGAIN: nobody would ever say that it is ready.
	['EAGAIN', ERRNO_BUSY],
	['EBADF', ERRNO_BADF],
	['EBUSY', ERRNO_BUSY],
	['EDQUOT', ERRNO_DQUOT],
	['EEXIST', ERRNO_EXIST],
	['EFBIG', ERRNO_FBIG],
	['EILSEQ', ERRNO_ILSEQ],
	['EINVAL', ERRNO_INVAL],
	['EIO', ERRNO_IO],
	['EISDIR', ERRNO_ISDIR],
	['ELOOP', ERRNO_LOOP],
	['EMFILE', ERRNO_MFILE],
	['EMLINK', ERRNO_MLINK],
	['ENAMETOOLONG', ERRNO_NAMETOOLONG],
	['ENFILE', ERRNO_NFILE],
	['ENODEV', ERRNO_NXIO],
	['ENOENT', ERRNO_NOENT],
	['ENOMEM', ERRNO_NOMEM],
	['ENOSPC', ERRNO_NOSPC],
	['ENOSYS', ERRNO_NOSYS],
	['ENOTDIR', ERRNO_NOTDIR],
	['ENOTEMPTY', ERRNO_NOTEMPTY],
	['ENOTSUP', ERRNO_NOTSUP],
	['ENOTTY', ERRNO_NOTSUP],
	['ENXIO', ERRNO_NXIO],
	['EOPNOTSUPP', ERRNO_NOTSUP],
	['EOVERFLOW', ERRNO_OVERFLOW],
	['EPERM', ERRNO_PERM],
	['EROFS', ERRNO_ROFS],
	['ESTALE', ERRNO_STALE],
	['ETXTBSY', ERRNO_TXTBSY],
	['EXDEV', ERRNO_XDEV],
]);

// Node has no name for some of them (EDQUOT, ESTALE): it reports "Unknown system error -122" and the platform's number.
const BY_NUMBER = new Map<number, number>();
for (const [code, number] of Object.entries(constants.errno)) {
	const errno = BY_CODE.get(code);
	if (errno !== undefined) BY_NUMBER.set(-number, errno);
}

/**
 * The WASI errno for what a `node:fs` call threw; `ERRNO_IO` for a system error without a counterpart. Whatever is not a system
 * error is a mistake in this program and is thrown on.
 */
export function errnoOf(error: unknown): number {
	if (!(error instanceof Error) || typeof (error as NodeJS.ErrnoException).errno !== 'number') throw error;
	const { code, errno } = error as NodeJS.ErrnoException;
	return BY_CODE.get(code ?? '') ?? BY_NUMBER.get(errno as number) ?? ERRNO_IO;
}
