/** Parts of the page that are loaded when they are first shown. */
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../design/controls.tsx';
import { useWords } from '../words/language.tsx';

export interface LazyPart<Props> {
  /** Begins to load. Rejects where the network fails; the next call tries again. */
  readonly load: () => Promise<ComponentType<Props>>;
  /** The part, once it is loaded. */
  readonly loaded: () => ComponentType<Props> | null;
}

export function lazyPart<Props>(fetch: () => Promise<ComponentType<Props>>): LazyPart<Props> {
  let part: ComponentType<Props> | null = null;
  let loading: Promise<ComponentType<Props>> | null = null;
  return {
    loaded: () => part,
    load: () => {
      loading ??= fetch().then(
        (loaded) => {
          part = loaded;
          return loaded;
        },
        (error: unknown) => {
          loading = null;
          throw error;
        },
      );
      return loading;
    },
  };
}

export interface LazyProps<Props> {
  readonly part: LazyPart<Props>;
  readonly props: Props;
}

/** Shows a part, or that it is on its way, or how to try again. */
export function Lazy<Props extends object>({ part, props }: LazyProps<Props>): JSX.Element {
  const t = useWords();
  const [Part, setPart] = useState<ComponentType<Props> | null>(part.loaded);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (Part !== null || failed) return undefined;
    let wanted = true;
    part.load().then(
      (loaded) => {
        if (wanted) setPart(() => loaded);
      },
      () => {
        if (wanted) setFailed(true);
      },
    );
    return () => {
      wanted = false;
    };
  }, [part, Part, failed]);
  if (Part !== null) return <Part {...props} />;
  return (
    <main class="page">
      <p role="status" class="notice">
        {failed ? t('common.load-failed') : t('common.loading')}
      </p>
      {failed ? <Button label={t('common.retry')} onPress={() => setFailed(false)} /> : null}
    </main>
  );
}
