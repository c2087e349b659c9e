/** Nobody gets one here: no store can be changed by anybody else, so that there is nothing to watch, as `plans.ts` says. */
export class Watch {}
