import { HoldfastError } from 'holdfast';

export const PLATFORM_LACKS = 'this platform lacks';

/** Why a case cannot be run on a platform without Node: the only reasons that there are. */
export function lacksNode(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	if (error.message.startsWith(PLATFORM_LACKS)) return error.message;
	if (error.message.startsWith("ConfigInvalid: unknown option 'workers'")) return `${PLATFORM_LACKS} threads`;
	const isRefused = error instanceof HoldfastError && error.code === 'Unsupported';
	return isRefused && error.message.includes('node:stream') ? `${PLATFORM_LACKS} node:stream` : undefined;
}

/** The same where no call can wait for its answer. */
export function lacksWaiting(error: unknown): string | undefined {
	const isBlocking = error instanceof Error && error.message.includes('this platform cannot wait within');
	return isBlocking ? `${PLATFORM_LACKS} blocking calls` : lacksNode(error);
}
