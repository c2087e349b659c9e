import type { Target } from '../target.ts';
import { api, apiFiles } from './api.ts';
import { completions } from './completions.ts';
import { options } from './options.ts';
import { paths } from './paths.ts';
import { ring } from './ring.ts';

/** Everything that is fuzzed. */
export const targets: readonly Target[] = [api, apiFiles, ring, completions, paths, options];
