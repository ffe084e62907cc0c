/** What an access link's thread and its owner say to each other; both are this program, of one version. */
import type { AccessLinkOptions, AccessLinkReport, LinkPair } from './accessLink.ts';

export type ToAccessLink =
  /** First, and once. */
  | { readonly op: 'open'; readonly requestId: number; readonly options: AccessLinkOptions }
  | { readonly op: 'set-links'; readonly requestId: number; readonly links: LinkPair | null }
  | { readonly op: 'report'; readonly requestId: number }
  | { readonly op: 'set-cut'; readonly cut: boolean }
  | { readonly op: 'rebind' | 'abandon'; readonly sourceAddress: string }
  /** The thread ends. */
  | { readonly op: 'close' };

/** An error without its class, which does not get through. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export type FromAccessLink =
  | { readonly op: 'opened'; readonly requestId: number; readonly ports: readonly number[] }
  | { readonly op: 'links-set'; readonly requestId: number; readonly startedAtMs: number }
  | { readonly op: 'reported'; readonly requestId: number; readonly report: AccessLinkReport }
  | { readonly op: 'refused'; readonly requestId: number; readonly error: Refusal };
