/** The link to the call: copied, sent with the system's own way of sharing, or read by another device's camera. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { encode } from 'uqr';
import { Button, Field } from '../design/controls.tsx';
import { Dialog } from '../design/surfaces.tsx';
import { useWords } from '../words/language.tsx';

/** @returns Whether the link is in the clipboard now; false where the browser does not allow it */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export interface QrDialogProps {
  readonly link: string;
  readonly onClose: () => void;
}

type Copied = 'no' | 'yes' | 'refused';
const COPIED_MS = 3_000;

export function QrDialog({ link, onClose }: QrDialogProps): JSX.Element {
  const t = useWords();
  const [copied, setCopied] = useState<Copied>('no');
  useEffect(() => {
    if (copied !== 'yes') return undefined;
    const timer = window.setTimeout(() => setCopied('no'), COPIED_MS);
    return () => window.clearTimeout(timer);
  }, [copied]);
  return (
    <Dialog title={t('call.qr.title')} testId="qr-dialog" onClose={onClose}>
      <QrCode text={link} label={t('call.qr.image')} />
      <p class="qr-text">{t('call.qr.text')}</p>
      <Field label={t('call.qr.link')}>
        <input
          type="text"
          readOnly
          value={link}
          data-testid="qr-link"
          onFocus={(event) => event.currentTarget.select()}
        />
      </Field>
      <div class="qr-actions">
        <Button
          kind="primary"
          icon={copied === 'yes' ? 'check' : 'copy'}
          label={t(copied === 'yes' ? 'common.copied' : 'call.copy-link')}
          testId="qr-copy"
          onPress={() => void copyText(link).then((done) => setCopied(done ? 'yes' : 'refused'))}
        />
        {'share' in navigator ? (
          <Button
            icon="send"
            label={t('call.share-link')}
            testId="qr-share"
            onPress={() => {
              // Rejects where the person closes it without choosing.
              navigator.share({ url: link }).catch(() => undefined);
            }}
          />
        ) : null}
      </div>
      <p class="notice" data-kind="warn" role="status">
        {copied === 'refused' ? t('call.link-not-copied') : ''}
      </p>
    </Dialog>
  );
}

/** Always dark on light with a margin of four modules, whatever the theme: cameras want it so (ISO/IEC 18004). */
function QrCode({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const { size, path } = useMemo(() => {
    const { data, size } = encode(text, { ecc: 'M', border: 4 });
    return { size, path: pathOf(data) };
  }, [text]);
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
      data-testid="qr"
    >
      <rect width={size} height={size} class="qr-light" />
      <path d={path} class="qr-dark" />
    </svg>
  );
}

/** One run of dark modules in a row is one rectangle. */
function pathOf(rows: readonly (readonly boolean[])[]): string {
  let path = '';
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== true) continue;
      const from = x;
      while (row[x + 1] === true) x++;
      const width = x + 1 - from;
      path += `M${from} ${y}h${width}v1h-${width}z`;
    }
  }
  return path;
}
