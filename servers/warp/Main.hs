{-# LANGUAGE RankNTypes #-}
-- | Warp, as an application of WAI.
module Main (main) where

import Control.Concurrent (forkIOWithUnmask, threadDelay)
import Control.Concurrent.QSem (QSem, newQSem, signalQSem, waitQSem)
import Control.Exception (finally)
import Control.Monad (forM_, void)
import qualified Data.ByteString as B
import qualified Data.ByteString.Lazy as L
import qualified Data.ByteString.Char8 as C
import Network.HTTP.Types (Header, hContentLength, status200, status204, status304)
import Network.Socket
import Network.Wai
import Network.Wai.Handler.Warp (Settings, defaultSettings, runSettingsSocket, setFork, setTimeout)
import System.Environment (getArgs)

import Answers (Answer (..), Body (..), event)
import Items (readItems)
import Routes (Route (..), Table, find, table)

main :: IO ()
main = do
  ["--addr", address, "--data", folder, "--max-connections", most] <- getArgs
  routes <- table folder <$> readItems (folder ++ "/items.json")
  listener <- listening address
  settings <- capped (read most) (setTimeout 86400 defaultSettings)
  runSettingsSocket settings listener (application routes)

listening :: String -> IO Socket
listening address = do
  let (port, host) = let (p, h) = break (== ':') (reverse address) in (reverse p, reverse (drop 1 h))
  info : _ <- getAddrInfo (Just defaultHints {addrFlags = [AI_NUMERICHOST], addrSocketType = Stream}) (Just host) (Just port)
  listener <- openSocket info
  setSocketOption listener ReuseAddr 1
  bind listener (addrAddress info)
  listen listener 4096
  pure listener

-- | Lets a connection above the cap wait before it is served; 0 is no cap.
capped :: Int -> Settings -> IO Settings
capped 0 settings = pure settings
capped most settings = do
  places <- newQSem most
  pure (setFork (fork places) settings)

fork :: QSem -> ((forall a. IO a -> IO a) -> IO ()) -> IO ()
fork places serve = do
  waitQSem places
  void (forkIOWithUnmask (\unmask -> serve unmask `finally` signalQSem places))

application :: Table -> Application
application routes request respond =
  answer route request >>= reply
  where
    route = find routes request
    reply (Delay milliseconds later) = threadDelay (milliseconds * 1000) >> reply later
    reply (Answer status headers (File path)) = respond (responseFile status headers path Nothing)
    reply (Answer status headers (Bytes body))
      | status == status204 || status == status304 = respond (responseLBS status headers L.empty)
      | otherwise = respond (responseLBS status (size body : headers) body)
    reply (Events headers count) = respond . responseStream status200 headers $ \write flush ->
      forM_ [1 .. count] (\number -> write (event number) >> flush)

size :: L.ByteString -> Header
size body = (hContentLength, C.pack (show (L.length body)))

-- | Reads the body in the way of the route, and answers.
answer :: Route -> Request -> IO Answer
answer (Plain make) request = pure (make request)
answer (Count make) request = make <$> counted request
answer (Whole make) request = make request . L.toStrict <$> strictRequestBody request

counted :: Request -> IO Int
counted request = add 0
  where
    add total = do
      piece <- getRequestBodyChunk request
      if B.null piece then pure total else add $! total + B.length piece
