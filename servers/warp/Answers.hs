{-# LANGUAGE OverloadedStrings #-}

-- | What a route answers, before it is a response of WAI.
module Answers (Answer (..), Body (..), text, json, missing, mistaken, empty, event) where

import Data.ByteString (ByteString)
import Data.ByteString.Builder (Builder, intDec)
import qualified Data.ByteString.Lazy as L
import Network.HTTP.Types

data Body = Bytes L.ByteString | File FilePath

data Answer
  = Answer Status ResponseHeaders Body
  | Delay Int Answer -- ^ after so many milliseconds
  | Events ResponseHeaders Int -- ^ so many server-sent events

typed :: Status -> ByteString -> L.ByteString -> Answer
typed status kind = Answer status [(hContentType, kind)] . Bytes

text, json :: L.ByteString -> Answer
text = typed status200 "text/plain"
json = typed status200 "application/json"

missing, mistaken :: Answer
missing = typed status404 "text/plain" "not found\n"
mistaken = typed status400 "text/plain" "a whole number is needed\n"

empty :: Status -> ResponseHeaders -> Answer
empty status headers = Answer status headers (Bytes L.empty)

event :: Int -> Builder
event number = "data: " <> intDec number <> "\n\n"
