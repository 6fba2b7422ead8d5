import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Tooltip } from "radix-ui";
import { lazy, type ReactNode, Suspense } from "react";
import {
  createBrowserRouter,
  Link,
  Navigate,
  Outlet,
  RouterProvider,
  useRouteError,
} from "react-router";
import { ApiProblem } from "./api/problem.ts";
import { SessionGate } from "./session/SessionGate.tsx";
import { Main, Shell } from "./shell/Shell.tsx";
import { VideoShell } from "./shell/VideoShell.tsx";
import { Loading, Problem } from "./ui/parts.tsx";
import { ShortcutsProvider } from "./ui/shortcuts.tsx";
import { ToastProvider } from "./ui/toast.tsx";
import { VideosPage } from "./videos/VideosPage.tsx";

const DeletedPage = lazy(() => import("./videos/DeletedPage.tsx"));
const LayoutPage = lazy(() => import("./layout/LayoutPage.tsx"));
const CaptionsPage = lazy(() => import("./captions/CaptionsPage.tsx"));
const ExportPage = lazy(() => import("./exporting/ExportPage.tsx"));
const SignInPage = lazy(() => import("./session/SignInPage.tsx"));

const MOST_TRIES = 3;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000, // events tell of changes
      retry: (count, error) =>
        count < MOST_TRIES && (!(error instanceof ApiProblem) || error.isTransient),
    },
  },
});

const router = createBrowserRouter([
  {
    element: <Outlet />,
    errorElement: <Failed />,
    children: [
      { path: "/sign-in", element: <SignInPage /> },
      {
        element: (
          <SessionGate>
            <Shell />
          </SessionGate>
        ),
        children: [
          { path: "/", element: <VideosPage /> },
          {
            path: "/deleted",
            element: (
              <Suspense fallback={<Loading what="Opening the deleted videos" />}>
                <DeletedPage />
              </Suspense>
            ),
          },
          { path: "/videos/:videoId", element: <Navigate to="captions" replace /> },
          {
            path: "/videos/:videoId/layout",
            element: (
              <VideoShell step="layout">{(video) => <LayoutPage video={video} />}</VideoShell>
            ),
          },
          {
            path: "/videos/:videoId/captions",
            element: (
              <VideoShell step="captions">{(video) => <CaptionsPage video={video} />}</VideoShell>
            ),
          },
          {
            path: "/videos/:videoId/export",
            element: (
              <VideoShell step="export">{(video) => <ExportPage video={video} />}</VideoShell>
            ),
          },
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
]);

export function App() {
  return (
    <QueryClientProvider client={client}>
      <Providers>
        <RouterProvider router={router} />
      </Providers>
    </QueryClientProvider>
  );
}

function Providers({ children }: { children: ReactNode }) {
  return (
    <Tooltip.Provider delayDuration={400}>
      <ToastProvider>
        <ShortcutsProvider>{children}</ShortcutsProvider>
      </ToastProvider>
    </Tooltip.Provider>
  );
}

function NotFound() {
  return (
    <Main className="narrow">
      <h1>There is no such page</h1>
      <p>
        <Link to="/">All videos</Link>
      </p>
    </Main>
  );
}

/** A bug of ours: said as it is, with the way out of it. */
function Failed() {
  const error = useRouteError();
  return (
    <main className="main narrow">
      <h1>Something is broken on this page</h1>
      <Problem error={error} onRetry={() => location.reload()} />
    </main>
  );
}
