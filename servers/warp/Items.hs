{-# LANGUAGE DeriveGeneric #-}
{-# LANGUAGE OverloadedStrings #-}

-- | The items of the data set and the documents that are made for each request.
module Items (Item, readItems, listed, document, object) where

import Data.Aeson hiding (object)
import Data.Aeson.Encoding (encodingToLazyByteString, list, pair)
import qualified Data.ByteString.Lazy as L
import Data.Text (Text)
import qualified Data.Text as T
import GHC.Generics (Generic)
import Prelude hiding (id)

data Item = Item
  { id :: !Int
  , name, category :: !Text
  , price, quantity :: !Int
  , active :: !Bool
  , tags :: ![Text]
  , rating :: !Rating
  } deriving (Generic)

data Rating = Rating {score, count :: !Int} deriving (Generic)

instance FromJSON Item
instance FromJSON Rating
instance ToJSON Rating where
  toJSON = genericToJSON defaultOptions
  toEncoding = genericToEncoding defaultOptions

readItems :: FilePath -> IO [Item]
readItems path = L.readFile path >>= either fail pure . eitherDecode

-- | The answer for the items, with their totals.
listed :: [Item] -> Int -> L.ByteString
listed items factor = encodingToLazyByteString (pairs (pair "items" (list (totalled factor) items) <> "count" .= length items))

totalled :: Int -> Item -> Encoding
totalled factor item = pairs $
  "id" .= Items.id item
    <> "name" .= name item
    <> "category" .= category item
    <> "price" .= price item
    <> "quantity" .= quantity item
    <> "active" .= active item
    <> "tags" .= tags item
    <> "rating" .= rating item
    <> "total" .= (price item * quantity item * factor)

document :: Int -> L.ByteString
document seed = encodingToLazyByteString (pairs ("seed" .= seed <> pair "rows" (list row [0 .. 383])))
  where
    row :: Int -> Encoding
    row i = pairs ("id" .= i <> "value" .= ((i * seed * 7919 + i * i) `mod` 1000003) <> "name" .= ("row-" <> T.pack (show i)))

object :: Int -> L.ByteString
object number = encodingToLazyByteString (pairs ("id" .= number <> "status" .= ("ok" :: Text) <> pair "data" shape))
  where
    shape = pairs ("name" .= ("joust" :: Text) <> "version" .= ("1.0.0" :: Text) <> "flags" .= flags)
    flags = ["fast", "correct", "measured", "repeatable"] :: [Text]
