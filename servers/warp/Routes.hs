{-# LANGUAGE OverloadedStrings #-}

-- | The table of routes.
module Routes (Route (..), Table, find, table) where

import qualified Codec.Compression.GZip as GZip
import Control.Applicative ((<|>))
import Control.Monad (join)
import Data.ByteString (ByteString)
import qualified Data.ByteString.Char8 as C
import qualified Data.ByteString.Lazy as L
import qualified Data.ByteString.Lazy.Char8 as LC
import qualified Data.HashMap.Strict as Map
import Data.Maybe (fromMaybe)
import Network.HTTP.Types
import Network.Wai
import Text.Printf (printf)
import Web.Cookie (parseCookies)

import Answers
import Items

-- | A route says how its request's body is read: not at all, in pieces and counted, or
-- whole.
data Route
  = Plain (Request -> Answer)
  | Count (Int -> Answer)
  | Whole (Request -> ByteString -> Answer)

-- | Routes by method and path. A path that ends in / stands for the paths right below it.
type Table = Map.HashMap (Method, ByteString) Route

find :: Table -> Request -> Route
find routes request =
  fromMaybe (Plain (const missing)) (Map.lookup (method, path) routes <|> below)
  where
    path = rawPathInfo request
    folder = fst (C.breakEnd (== '/') path)
    below = if folder == "/" then Nothing else Map.lookup (method, folder) routes
    -- Warp leaves the body out of the answer to HEAD.
    method = if requestMethod request == methodHead then methodGet else requestMethod request

table :: FilePath -> [Item] -> Table
table dataSet items = Map.fromList $
  [ get "/" alive
  , get "/json" (numbered "id" 1 (json . object))
  , post "/echo" (Whole (\_ -> Answer status200 [(hContentType, "application/octet-stream")] . Bytes . L.fromStrict))
  , get "/large" (const (text large))
  , get "/cookies" (\request -> decimal (sum [length (parseCookies value) | (name, value) <- requestHeaders request, name == hCookie]))
  , post "/upload" (Count decimal)
  , post "/upload_manual" (Count decimal)
  , post "/upload_auto" (Whole (\_ -> decimal . C.length))
  , post "/drain" (Count (const (text "ok")))
  , post "/form" (Whole (\_ -> decimal . length . parseQuery))
  , get "/gzip" (\request -> numbered "seed" 1 (compressed request . document) request)
  , get "/qs" (decimal . length . queryString)
  , get "/etag" etag
  , get "/redirect" (const (empty status302 [(hLocation, "/target")]))
  , ((methodOptions, "/api"), Plain (const preflight))
  , get "/sse" (const (Events [(hContentType, "text/event-stream")] 100))
  , get "/baseline11" (added 0)
  , post "/baseline11" (Whole (\request body -> maybe mistaken (`added` request) (whole (C.dropWhileEnd (`elem` (" \r\n" :: String)) body))))
  , get "/json/" (itemsOf items)
  , get "/httparena_json/" (itemsOf items)
  , get "/pipeline" (const (text "ok"))
  , get "/delay/" (maybe mistaken (`Delay` text "ok") . whole . lastPart)
  , get "/static/" (file (dataSet ++ "/static/"))
  ] ++ [get (C.pack (printf "/api/v1/items/%04d" i)) alive | i <- [1 .. 100 :: Int]]
  where
    get path make = ((methodGet, path), Plain make)
    post path route = ((methodPost, path), route)
    alive = const (text "alive\r\n")

large :: L.ByteString
large = L.take 65536 (LC.cycle "0123456789abcdefghijklmnopqrstuvwxyz")

decimal :: Int -> Answer
decimal = text . LC.pack . show

whole :: ByteString -> Maybe Int
whole digits = case C.readInt digits of
  Just (value, rest) | C.null rest -> Just value
  _ -> Nothing

-- | The number of that name in the query; without it the one that stands for it.
number :: ByteString -> Int -> Request -> Maybe Int
number name absent request = maybe (Just absent) whole (join (lookup name (queryString request)))

numbered :: ByteString -> Int -> (Int -> Answer) -> Request -> Answer
numbered name absent make = maybe mistaken make . number name absent

added :: Int -> Request -> Answer
added more request = maybe mistaken (decimal . (more +)) ((+) <$> number "a" 0 request <*> number "b" 0 request)

lastPart :: Request -> ByteString
lastPart = snd . C.breakEnd (== '/') . rawPathInfo

etag :: Request -> Answer
etag request
  | lookup "If-None-Match" (requestHeaders request) == Just "\"v1\"" = empty status304 tag
  | otherwise = Answer status200 ((hContentType, "text/plain") : tag) (Bytes "alive\r\n")
  where
    tag = [("ETag", "\"v1\"")]

preflight :: Answer
preflight = empty status204
  [ ("Access-Control-Allow-Origin", "https://example.com")
  , ("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
  , ("Access-Control-Allow-Headers", "Content-Type, X-Requested-With")
  , ("Access-Control-Max-Age", "86400")
  ]

itemsOf :: [Item] -> Request -> Answer
itemsOf items request = case (whole (lastPart request), number "m" 1 request) of
  (Just count, Just factor)
    | count >= 0 && count <= length items -> compressed request (listed (take count items) factor)
    | otherwise -> missing
  _ -> mistaken

compressed :: Request -> L.ByteString -> Answer
compressed request body
  | accepts "gzip" request = coded "gzip" (json (GZip.compress body))
  | otherwise = json body

coded :: ByteString -> Answer -> Answer
coded coding (Answer status headers body) = Answer status ((hContentEncoding, coding) : ("Vary", "Accept-Encoding") : headers) body
coded _ other = other

accepts :: ByteString -> Request -> Bool
accepts coding request = maybe False (C.isInfixOf coding) (lookup "Accept-Encoding" (requestHeaders request))

-- | Warp answers 404 where the file is not there.
file :: FilePath -> Request -> Answer
file folder request = maybe missing found (lookup (C.takeWhileEnd (/= '.') name) types)
  where
    name = lastPart request
    found kind
      | accepts "br" request = coded "br" (content kind ".br")
      | accepts "gzip" request = coded "gzip" (content kind ".gz")
      | otherwise = content kind ""
    content kind ending = Answer status200 [(hContentType, kind)] (File (folder ++ C.unpack name ++ ending))

types :: [(ByteString, ByteString)]
types =
  [ ("css", "text/css"), ("js", "text/javascript"), ("html", "text/html"), ("json", "application/json")
  , ("svg", "image/svg+xml"), ("txt", "text/plain"), ("xml", "application/xml")
  , ("woff2", "font/woff2"), ("webp", "image/webp")
  ]
